import { isDeepStrictEqual } from 'node:util';
import type { Catalog } from '../catalog/catalog.ts';
import { standing } from '../grants/standing.ts';
import type { Decide, Tuple } from '../json/item-filter.ts';
import { OWNER } from '../model/identifier.ts';
import type { AttributeSource } from '../model/route.ts';
import type { Selector } from '../model/selector.ts';
import type { ItemInput, PolicyFault } from '../policy/engine.ts';
import type { AllowedRequest } from './authorize.ts';

type Attributes = Readonly<Record<string, string>>;

/** The selectors whose values make an item's tuple, in the tuple's order. */
export function tupleSelectors(source: AttributeSource): readonly Selector[] {
  return source.kind === 'catalog' ? [source.productId] : [...source.attributes.values()];
}

/** Which items of one body its caller may see. One for each body. */
export class Visibility {
  /** For an ItemFilter that selects by `tupleSelectors(source)`. */
  readonly decide: Decide = (tuples) => this.#decide(tuples);
  readonly #allowed: AllowedRequest;
  readonly #catalog: Catalog;
  readonly #attributesOf: (tuple: Tuple) => Attributes | undefined;
  /** Of catalog rows only: they are lasting objects, so that each is decided once a body. */
  readonly #remembered: Map<Attributes, boolean> | undefined;
  /** The catalog's products that were found visible, with what that was decided on. */
  readonly #shown = new Map<string, Attributes>();
  #catalogVersion: number;
  #policyFault: PolicyFault | undefined;
  #until = Number.POSITIVE_INFINITY;

  constructor(allowed: AllowedRequest, source: AttributeSource, catalog: Catalog) {
    this.#allowed = allowed;
    this.#catalog = catalog;
    this.#catalogVersion = catalog.version;
    this.#attributesOf = attributeReader(source, catalog);
    this.#remembered = source.kind === 'catalog' ? new Map<Attributes, boolean>() : undefined;
  }

  /** Why `decide` could not decide, if it ever could not. */
  get policyFault(): PolicyFault | undefined {
    return this.#policyFault;
  }

  /**
   * False once a grant that was joined to an item has ended, what the identity was made from has changed, or a
   * product that was found visible is another's.
   */
  isCurrent(now: number): boolean {
    return now < this.#until && this.#allowed.request.isCurrent() && this.#catalogHolds();
  }

  #catalogHolds(): boolean {
    const { version } = this.#catalog;
    if (version === this.#catalogVersion) return true;
    for (const [productId, attributes] of this.#shown)
      if (!isDeepStrictEqual(this.#catalog.attributesOf(productId), attributes)) return false;
    this.#catalogVersion = version;
    return true;
  }

  #decide(tuples: readonly Tuple[]): readonly boolean[] | undefined {
    const verdicts = this.#remembered ?? new Map<Attributes, boolean>();
    const rows = tuples.map((tuple) => this.#attributesOf(tuple));
    const undecided = new Set<Attributes>();
    for (const row of rows) if (hasOwner(row) && !verdicts.has(row)) undecided.add(row);
    if (undecided.size > 0 && !this.#ask([...undecided], verdicts)) return undefined;
    const visible = rows.map((row) => row !== undefined && verdicts.get(row) === true);
    if (this.#remembered !== undefined) this.#noteShown(tuples, rows, visible);
    return visible;
  }

  #noteShown(
    tuples: readonly Tuple[],
    rows: readonly (Attributes | undefined)[],
    visible: readonly boolean[],
  ): void {
    for (const [index, [productId]] of tuples.entries()) {
      const row = rows[index];
      if (visible[index] === true && productId !== undefined && row !== undefined)
        this.#shown.set(productId, row);
    }
  }

  /** Asks the policy and notes its verdicts. False: it could not say. */
  #ask(rows: readonly Attributes[], verdicts: Map<Attributes, boolean>): boolean {
    const { request, context, decisions, roleIds, now } = this.#allowed;
    let until = Number.POSITIVE_INFINITY;
    const inputs = rows.map((attributes): ItemInput => {
      const joined = standing(request.identity, attributes[OWNER] ?? '', roleIds, now);
      until = Math.min(until, joined.until ?? Number.POSITIVE_INFINITY);
      return { attributes, owned: joined.owned, grants: joined.grants };
    });
    const end = until === Number.POSITIVE_INFINITY ? undefined : until;
    const visible = decisions.items(context, request.identity, inputs, end, now);
    if ('fault' in visible) {
      this.#policyFault = visible;
      return false;
    }
    for (const [index, attributes] of rows.entries()) verdicts.set(attributes, visible[index] === true);
    this.#until = Math.min(this.#until, until);
    return true;
  }
}

/** An owner of '' (or none) is visible to nobody, whatever the policy would say. */
function hasOwner(row: Attributes | undefined): row is Attributes {
  return row !== undefined && row[OWNER] !== undefined && row[OWNER] !== '';
}

/** From a tuple to the attributes that decide on it; undefined where nothing is known of it. */
function attributeReader(
  source: AttributeSource,
  catalog: Catalog,
): (tuple: Tuple) => Attributes | undefined {
  if (source.kind === 'catalog')
    return ([productId]) => (productId === undefined ? undefined : catalog.attributesOf(productId));
  const names = [...source.attributes.keys()];
  return (tuple) => Object.fromEntries(names.map((name, index) => [name, tuple[index] ?? '']));
}
