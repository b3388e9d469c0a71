import { everyRecord } from '../store/listing.ts';
import type { Store } from '../store/store.ts';
import * as records from './records.ts';
import type { Peppers } from './subscription-key.ts';

/** Records that are read in one call: others wait behind it. */
const BATCH = 1000;
/** Comes after every hash in hex. */
const LAST = '~';

/** A key that would be good, were its pepper listed. */
export interface UnreachableKey {
  /** Its record's. */
  readonly key: string;
  readonly pepperId: string;
  readonly subscriptionId: string;
}

/**
 * The keys in a store that nobody can use since the configuration does not list their pepper. Key records stand by
 * pepper, so that one record for each pepper is read where all are listed.
 *
 * @param now RFC 3339, UTC: keys that have ended are left out, as are those of cancelled subscriptions
 */
export async function unreachableKeys(
  store: Store,
  peppers: Peppers,
  now: string,
): Promise<readonly UnreachableKey[]> {
  const found: UnreachableKey[] = [];
  for (const pepperId of await pepperIds(store)) {
    if (!peppers.some(({ id }) => id === pepperId)) found.push(...(await keysUnder(store, pepperId, now)));
  }
  return found;
}

/** In words for a person; undefined where there is no such key. */
export function describeUnreachableKeys(keys: readonly UnreachableKey[]): string | undefined {
  if (keys.length === 0) return undefined;
  const ids = [...new Set(keys.map(({ pepperId }) => pepperId))];
  const count = new Set(keys.map(({ subscriptionId }) => subscriptionId)).size;
  const whose = count === 1 ? '1 subscription has' : `${count} subscriptions have`;
  return `${whose} keys under a pepper that secrets.pepper does not list (${ids.join(', ')}): they are answered 401`;
}

async function pepperIds(store: Store): Promise<readonly string[]> {
  const ids: string[] = [];
  const { prefix } = records.keys;
  let page: { readonly after?: string; readonly limit: number } = { limit: 1 };
  for (;;) {
    const [record] = (await store.list(prefix, page)).records;
    const [id] = record?.key.slice(prefix.length).split('/') ?? [];
    if (id === undefined) return ids;
    ids.push(id);
    page = { after: records.keys.key(id, LAST), limit: 1 };
  }
}

async function keysUnder(store: Store, pepperId: string, now: string): Promise<readonly UnreachableKey[]> {
  const keys: (UnreachableKey & { readonly slot: records.KeySlot })[] = [];
  for await (const record of everyRecord(store, records.keys.key(pepperId, ''))) {
    const { subscriptionId, slot } = records.keys.decode(record);
    if (slot !== 'revoked') keys.push({ key: record.key, pepperId, subscriptionId, slot });
  }
  const subscriptions = await readSubscriptions(store, new Set(keys.map((key) => key.subscriptionId)));
  return keys.filter(({ subscriptionId, slot }) => {
    const subscription = subscriptions.get(subscriptionId);
    return subscription !== undefined && hasNotEnded(subscription, slot, now);
  });
}

async function readSubscriptions(
  store: Store,
  ids: ReadonlySet<string>,
): Promise<ReadonlyMap<string, records.Subscription>> {
  const subscriptions = new Map<string, records.Subscription>();
  const wanted = [...ids];
  for (let start = 0; start < wanted.length; start += BATCH) {
    const batch = wanted.slice(start, start + BATCH);
    const read = await store.read(batch.map((id) => records.subscriptions.key(id)));
    for (const [index, id] of batch.entries()) {
      const record = read.records[index];
      if (record !== undefined) subscriptions.set(id, records.subscriptions.decode(record));
    }
  }
  return subscriptions;
}

function hasNotEnded(subscription: records.Subscription, slot: records.KeySlot, now: string): boolean {
  const { state, endsAt } = subscription;
  const keyEndsAt =
    slot === 'oldPrimary' || slot === 'oldSecondary' ? subscription[`${slot}EndsAt`] : undefined;
  // Instants are kept in one form, which sorts as time does.
  return state !== 'cancelled' && [endsAt, keyEndsAt].every((end) => end === undefined || end > now);
}
