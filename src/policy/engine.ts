import type { Scope } from '../model/identity.ts';
import type { Bundle } from './bundle.ts';
import { type Entrypoint, Evaluator, type PolicyFault } from './evaluator.ts';

export type { PolicyFault };

/** What every evaluation is told: `input` less the items. */
export interface PolicyContext {
  readonly request: {
    /** As the client sent it: HEAD stays HEAD. */
    readonly method: string;
    readonly path: string;
    readonly api: string;
    readonly apiProduct: string;
    readonly parameters: Readonly<Record<string, string>>;
    /** A parameter that is given more than once, which only `query: unchecked` admits, has all its values. */
    readonly query: Readonly<Record<string, string | readonly string[]>>;
    /** The roles that count on this route. */
    readonly roleIds: readonly string[];
  };
  readonly identity: {
    readonly userId: string;
    readonly email: string;
    readonly subscription: { readonly id: string; readonly apiProduct: string };
    /** The wholesalers whose primary contact the caller is. */
    readonly owns: readonly string[];
    /** Of the route's roles, those that the caller holds from at least one owner. */
    readonly roleIds: readonly string[];
  };
  /** RFC 3339, whole seconds. */
  readonly now: string;
}

/** A tuple of attributes, joined with the caller's standing towards its owner. */
export interface ItemInput {
  readonly attributes: Readonly<Record<string, string>>;
  /** The caller is a primary contact of the owner. */
  readonly owned: boolean;
  /** The caller's live grants from the owner, for the route's roles. */
  readonly grants: readonly { readonly roleId: string; readonly scope: Scope }[];
}

export interface RequestDecision {
  readonly allow: boolean;
  /** For the decision log. */
  readonly reason: string;
  /** For the caller. */
  readonly publicReason?: string;
}

const REQUEST: Entrypoint = 'fullmakt/request';
const ITEMS: Entrypoint = 'fullmakt/items';

/** A loaded policy. Its answers are checked; a doubtful one is a fault, which the caller must refuse on. */
export class Policy {
  /** The bundle's; may be empty. */
  readonly revision: string;
  /** Whether answers may change with `now` alone. */
  readonly readsNow: boolean;
  readonly #evaluator: Evaluator;

  private constructor(bundle: Bundle, evaluator: Evaluator) {
    this.revision = bundle.revision;
    this.readsNow = bundle.readsNow;
    this.#evaluator = evaluator;
  }

  /** @returns the policy, or why it cannot be used: entrypoints or built-in functions missing, not OPA's Wasm */
  static async load(bundle: Bundle): Promise<Policy | PolicyFault> {
    const evaluator = await Evaluator.load(bundle.wasm, bundle.data);
    return 'fault' in evaluator ? evaluator : new Policy(bundle, evaluator);
  }

  /** Asks entrypoint `fullmakt/request`: may this request be made at all? */
  request(context: PolicyContext): RequestDecision | PolicyFault {
    const answer = this.#evaluator.evaluate(REQUEST, context);
    if ('fault' in answer) return answer;
    return requestDecision(answer.value) ?? { fault: `${REQUEST} is not {allow, reason, publicReason?}` };
  }

  /**
   * Asks entrypoint `fullmakt/items`: which of these does the caller see?
   *
   * @param items 256 at most
   * @returns one verdict an item, in order
   */
  items(context: PolicyContext, items: readonly ItemInput[]): readonly boolean[] | PolicyFault {
    // OPA's parser aborts at a lone surrogate. One owner's odd item must not break another's list: it is
    // hidden without being asked about.
    const askable = items.filter(hasUnicodeAttributes);
    const answer = this.#evaluator.evaluate(ITEMS, { ...context, items: askable });
    if ('fault' in answer) return answer;
    const verdicts = answer.value;
    if (!Array.isArray(verdicts)) return { fault: `${ITEMS} is not an array` };
    if (verdicts.length !== askable.length) {
      return { fault: `${ITEMS} answered ${verdicts.length} verdicts on ${askable.length} items` };
    }
    if (!verdicts.every((verdict) => typeof verdict === 'boolean')) {
      return { fault: `${ITEMS} holds what is not a boolean` };
    }
    if (askable.length === items.length) return verdicts;
    const rest = verdicts.values();
    return items.map((item) => hasUnicodeAttributes(item) && rest.next().value === true);
  }
}

function hasUnicodeAttributes({ attributes }: ItemInput): boolean {
  return Object.values(attributes).every((value) => value.isWellFormed());
}

const MEMBERS: ReadonlySet<string> = new Set(['allow', 'reason', 'publicReason']);

/** The answer if it is exactly a decision; a misspelled member must not pass for one left out. */
function requestDecision(answer: unknown): RequestDecision | undefined {
  const members = new Map<string, unknown>(Object.entries(answer ?? {}));
  if (!members.keys().every((name) => MEMBERS.has(name))) return undefined;
  const allow = members.get('allow');
  const reason = members.get('reason');
  if (typeof allow !== 'boolean' || typeof reason !== 'string') return undefined;
  if (!members.has('publicReason')) return { allow, reason };
  const publicReason = members.get('publicReason');
  return typeof publicReason === 'string' ? { allow, reason, publicReason } : undefined;
}
