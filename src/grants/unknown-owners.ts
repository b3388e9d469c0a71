import { isIdentifier, OWNER } from '../model/identifier.ts';
import type { Store } from '../store/store.ts';
import * as records from './records.ts';
import type { State } from './state.ts';

/** Records that are read in one call: others wait behind it. */
const BATCH = 1000;

/** Products of a state whose owner is a wholesaler that is not known, so that nobody may see them yet. */
export interface UnknownOwners {
  readonly products: number;
  /** Each once, sorted. */
  readonly owners: readonly string[];
}

/**
 * Looks the owners of a state's products up, in the state and in a store. An owner of '' is nobody, on purpose.
 * @param prune whether wholesalers that the state does not name go
 */
export async function unknownOwners(store: Store, state: State, prune: boolean): Promise<UnknownOwners> {
  const products = (state.products ?? []).flatMap(({ attributes }) => attributes[OWNER] || []);
  const undeclared = [...new Set(products)].filter((owner) => !state.declares('wholesalers', owner));
  const willGo = prune && state.sections.wholesalers !== undefined;
  const known = willGo ? new Set<string>() : await wholesalersOf(store, undeclared.filter(isIdentifier));
  const unknown = new Set(undeclared.filter((owner) => !known.has(owner)));
  return { products: products.filter((owner) => unknown.has(owner)).length, owners: [...unknown].sort() };
}

async function wholesalersOf(store: Store, ids: readonly string[]): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (let start = 0; start < ids.length; start += BATCH) {
    const batch = ids.slice(start, start + BATCH);
    const read = await store.read(batch.map((id) => records.wholesalers.key(id)));
    for (const [index, id] of batch.entries()) if (read.records[index] !== undefined) known.add(id);
  }
  return known;
}
