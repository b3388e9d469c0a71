import type { AppliedChange, MadeKeys } from '../grants/applied-change.ts';
import type { Beside } from '../grants/beside.ts';
import type { UnknownOwners } from '../grants/unknown-owners.ts';
import { scopeText } from '../model/permission.ts';
import { counted } from './counted.ts';

type Kind = AppliedChange['kind'];

const SIGNS: readonly (readonly [Kind, string])[] = [
  ['added', '+'],
  ['changed', '~'],
  ['removed', '-'],
];
/** Owners that are named one by one. */
const OWNERS_SHOWN = 5;

/** What stands in the store or the file that a person may not have meant. */
export interface Remarks {
  /** Undefined where nothing is left that the file does not name. */
  readonly beside: Beside | undefined;
  readonly owners: UnknownOwners;
}

/** Tells what an apply does, as it is done; products in numbers, and the keys that were made at the end. */
export class ApplyReport {
  readonly #verbose: boolean;
  readonly #dryRun: boolean;
  readonly #all = new Map<Kind, number>();
  readonly #products = new Map<Kind, number>();
  readonly #made: MadeKeys[] = [];

  /** @param options.verbose each product gets its line */
  constructor({ verbose, dryRun }: { readonly verbose: boolean; readonly dryRun: boolean }) {
    this.#verbose = verbose;
    this.#dryRun = dryRun;
  }

  tell({ kind, text, subject, made }: AppliedChange): void {
    count(this.#all, kind);
    if (made !== undefined) this.#made.push(made);
    if (subject.kind === 'product' && !this.#verbose) count(this.#products, kind);
    else for (const [named, sign] of SIGNS) if (named === kind) console.log(`${sign} ${text}`);
  }

  /** @param remarks undefined where the apply did not come to its end */
  end(remarks: Remarks | undefined): void {
    for (const [kind, sign] of SIGNS) {
      const products = this.#products.get(kind);
      if (products !== undefined) console.log(`${sign} ${counted(products, 'product')}`);
    }
    const noted = remarks === undefined ? [] : linesOf(remarks);
    for (const line of noted) console.log(line);
    if (this.#all.size > 0) console.log(this.#sum());
    else if (remarks !== undefined)
      console.log(remarks.beside === undefined ? '= nothing to do' : '= nothing to add or change');
    this.#tellKeys();
  }

  #sum(): string {
    const counts = SIGNS.flatMap(([kind]) => (this.#all.has(kind) ? `${this.#all.get(kind)} ${kind}` : []));
    return `= ${counts.join(', ')}${this.#dryRun ? ', if this were no dry run' : ''}`;
  }

  #tellKeys(): void {
    if (this.#made.length === 0) return;
    console.log('\nKeys that were made. They are shown this once, and kept nowhere:');
    for (const { email, apiProduct, primary, secondary } of this.#made.splice(0)) {
      console.log(`  ${email} ${apiProduct}`);
      if (primary) console.log(`    primary key: ${primary.reveal()}`);
      if (secondary) console.log(`    secondary key: ${secondary.reveal()}`);
    }
  }
}

function count(counts: Map<Kind, number>, kind: Kind): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}

function linesOf({ beside, owners }: Remarks): readonly string[] {
  const lines = (beside?.permissions ?? []).map(({ stated, scope, wider }) => {
    const what = `${wider ? 'a wider one' : 'another one'} (${scopeText(scope) || 'no scope'})`;
    return `! ${stated}: the store has ${what}, which stays; --prune removes it`;
  });
  if (beside !== undefined) {
    const things = beside.counts.map((each) => counted(each.count, each.noun)).join(', ');
    const one = beside.counts.reduce((sum, each) => sum + each.count, 0) === 1;
    lines.push(
      `! ${things} in the store ${one ? 'is' : 'are'} not in the file; --prune removes ${one ? 'it' : 'them'}`,
    );
  }
  if (owners.products > 0) {
    const shown = owners.owners.slice(0, OWNERS_SHOWN).join(', ');
    const more =
      owners.owners.length > OWNERS_SHOWN ? ` and ${owners.owners.length - OWNERS_SHOWN} more` : '';
    const belong = `${counted(owners.products, 'product')} ${owners.products === 1 ? 'belongs' : 'belong'}`;
    lines.push(`note: ${belong} to wholesalers that are not known: ${shown}${more}`);
  }
  return lines;
}
