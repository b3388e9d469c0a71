import { endOfDayIn } from '../model/calendar-date.ts';
import type { Grant, Identity } from '../model/identity.ts';
import type { Permission } from '../model/permission.ts';
import { type Store, type StoredRecord, StoreError } from '../store/store.ts';
import * as records from './records.ts';

/** Makes identities from records. */
export class IdentityReader {
  readonly #store: Store;
  readonly #endOfDay: (date: string) => number;

  /** @throws RangeError if there is no such time zone */
  constructor(store: Store, timezone: string) {
    this.#store = store;
    this.#endOfDay = endOfDayIn(timezone);
  }

  /**
   * Each record names the next one: key, subscription, user. They are read again together until nothing is missing,
   * so that an identity is made from records as they all stood at one revision.
   *
   * @param keys one subscription key as it may be kept, under each pepper
   * @param read gets the key of every record before it is read
   */
  async read(
    keys: readonly string[],
    read: Set<string>,
  ): Promise<{ readonly answer: Meaning | undefined; readonly revision: number }> {
    const keyRecords = keys.map((key) => records.keys.key(key));
    let wanted = keyRecords;
    for (;;) {
      for (const key of wanted) read.add(key);
      const { records: found, revision } = await this.#store.read(wanted);
      const byKey = new Map(wanted.map((key, index) => [key, found[index]]));
      const chain = follow(keyRecords, byKey);
      if (!('missing' in chain)) return { answer: this.#meaningOf(chain), revision };
      wanted = [...keyRecords, ...chain.missing];
    }
  }

  #meaningOf({ key, subscription, user, permissions }: Chain): Meaning | undefined {
    if (key === undefined || subscription?.state !== 'active' || user === undefined) return undefined;
    // An operator registers a wholesaler's primary email, which is reason enough to trust it. Grants are given to an
    // address that nobody has vouched for: they count from its user's confirmation.
    const counting = user.confirmedAt === undefined ? [] : permissions.filter(({ active }) => active);
    const identity = Object.freeze({
      userId: subscription.userId,
      email: user.email,
      subscription: Object.freeze({ id: subscription.id, apiProduct: subscription.apiProduct }),
      owns: Object.freeze(user.owns === undefined ? [] : [user.owns]),
      grants: Object.freeze(counting.map((permission) => this.#grantOf(permission))),
    });
    return { identity, stored: key.stored, endsAt: endOfKey(subscription, key.slot) };
  }

  #grantOf({ wholesalerId, roleId, scope, endsOn }: Permission): Grant {
    const endsAt = endsOn === undefined ? undefined : this.#endOfDay(endsOn);
    return Object.freeze({ wholesalerId, roleId, scope, endsAt });
  }
}

/** What a key stands for. */
export interface Meaning {
  readonly identity: Identity;
  /** The key as it is kept. */
  readonly stored: string;
  /** From then on (ms since the epoch) it stands for nobody. */
  readonly endsAt: number;
}

/** What the records of one key say; nothing where the key is nobody's. */
interface Chain {
  readonly key?: { readonly stored: string; readonly slot: records.KeySlot };
  readonly subscription?: records.Subscription & { readonly id: string };
  readonly user?: ReturnType<typeof records.users.decode>;
  readonly permissions: readonly Permission[];
}

type Found = ReadonlyMap<string, StoredRecord | undefined>;

/** Follows the chain of records, or says which must be read to follow it further. */
function follow(
  keyRecords: readonly string[],
  found: Found,
): Chain | { readonly missing: readonly string[] } {
  const opens = keyRecords.map((key) => found.get(key)).find((record) => record !== undefined);
  if (opens === undefined) return { permissions: [] };
  const { subscriptionId: id, slot } = records.keys.decode(opens);
  if (slot === 'revoked') return { permissions: [] };
  const subscriptionKey = records.subscriptions.key(id);
  if (!found.has(subscriptionKey)) return { missing: [subscriptionKey] };
  const subscription = { id, ...records.subscriptions.decode(present(found.get(subscriptionKey))) };
  const userKey = records.users.key(subscription.userId);
  const grantsKey = records.grants.key(subscription.userId);
  if (!found.has(userKey)) return { missing: [subscriptionKey, userKey, grantsKey] };
  const user = records.users.decode(present(found.get(userKey)));
  const granted = found.get(grantsKey);
  const permissions = granted === undefined ? [] : records.grants.decode(granted);
  const key = { stored: opens.key.slice(records.keys.prefix.length), slot };
  return { key, subscription, user, permissions };
}

function endOfKey(subscription: records.Subscription, slot: records.KeySlot): number {
  const ends = [
    subscription.endsAt,
    slot === 'oldPrimary' || slot === 'oldSecondary' ? subscription[`${slot}EndsAt`] : undefined,
  ];
  return Math.min(...ends.map((end) => (end === undefined ? Number.POSITIVE_INFINITY : Date.parse(end))));
}

/** Records are removed together with those that name them, and these were read at one revision. */
function present(record: StoredRecord | undefined): StoredRecord {
  if (record === undefined) throw new StoreError('corrupt', 'a record names another that is not there');
  return record;
}
