import type { Store, StoredRecord } from '../store/store.ts';
import * as records from './records.ts';

/** A key of a subscription, as people are told of it. */
export interface KeyState {
  /** Its last four characters. */
  readonly hint: string;
  /** RFC 3339, UTC; from then on it opens nothing. Undefined: it has no end of its own. */
  readonly endsAt: string | undefined;
  readonly revokedAt: string | undefined;
  /** RFC 3339, UTC, to a minute or two. Undefined: never, as far as is known. */
  readonly lastUsedAt: string | undefined;
}

/** A subscription, without anything that would open it. Times are RFC 3339, UTC. */
export interface SubscriptionState {
  readonly id: string;
  readonly userId: string;
  readonly apiProduct: string;
  readonly name: string | undefined;
  readonly state: records.Subscription['state'];
  readonly createdAt: string;
  /** From then on none of its keys opens anything. */
  readonly endsAt: string | undefined;
  /** `primary`, `secondary`, and their predecessors that have not ended yet. */
  readonly keys: Readonly<Partial<Record<records.KeySlot, KeyState>>>;
  /** Of its record: another one after every change. */
  readonly revision: number;
}

/**
 * Subscriptions by id; those that are not there are left out.
 * @throws StoreError
 */
export async function readSubscriptions(
  store: Store,
  ids: readonly string[],
): Promise<readonly SubscriptionState[]> {
  if (ids.length === 0) return [];
  const { records: found } = await store.read([
    ...ids.map((id) => records.subscriptions.key(id)),
    ...ids.map((id) => records.lastUses.key(id)),
  ]);
  const now = Date.now();
  return ids.flatMap((id, index) => {
    const record = found[index];
    const lastUse = found[ids.length + index];
    return record === undefined ? [] : [stateOf(id, record, lastUse, now)];
  });
}

/**
 * A user's subscriptions, cancelled ones too, the oldest first.
 * @throws StoreError
 */
export async function readSubscriptionsOf(
  store: Store,
  userId: string,
): Promise<readonly SubscriptionState[]> {
  const [record] = (await store.read([records.subscribers.key(userId)])).records;
  const ids = record === undefined ? [] : Object.keys(records.subscribers.decode(record));
  const states = await readSubscriptions(store, ids);
  return states.toSorted((one, other) => (one.createdAt < other.createdAt ? -1 : 1));
}

/**
 * All subscriptions, by id.
 * @param page.after an id
 * @throws StoreError
 */
export async function listSubscriptions(
  store: Store,
  page: { readonly after?: string; readonly limit: number },
): Promise<readonly SubscriptionState[]> {
  const { prefix } = records.subscriptions;
  const after = page.after === undefined ? {} : { after: prefix + page.after };
  const { records: found } = await store.list(prefix, { ...after, limit: page.limit });
  return readSubscriptions(
    store,
    found.map(({ key }) => key.slice(prefix.length)),
  );
}

function stateOf(
  id: string,
  record: StoredRecord,
  lastUseRecord: StoredRecord | undefined,
  now: number,
): SubscriptionState {
  const subscription = records.subscriptions.decode(record);
  const { userId, apiProduct, name, state, createdAt, endsAt } = subscription;
  const lastUse = lastUseRecord === undefined ? {} : records.lastUses.decode(lastUseRecord);
  const keys: Partial<Record<records.KeySlot, KeyState>> = {};
  for (const slot of records.keySlot.options) {
    const hint = subscription[`${slot}Hint`];
    if (hint === undefined) continue;
    const end = slot === 'oldPrimary' || slot === 'oldSecondary' ? subscription[`${slot}EndsAt`] : undefined;
    if (end !== undefined && Date.parse(end) <= now) continue;
    keys[slot] = {
      hint,
      endsAt: end,
      revokedAt: subscription[`${slot}RevokedAt`],
      lastUsedAt: lastUse[subscription[slot] ?? ''],
    };
  }
  return { id, userId, apiProduct, name, state, createdAt, endsAt, keys, revision: record.revision };
}
