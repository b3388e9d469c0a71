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
   * @param keys one subscription key as it may be kept, under each pepper
   * @param read gets the key of every record before it is read
   */
  async read(keys: readonly string[], read: Set<string>): Promise<Reading> {
    const keyRecords = keys.map((key) => records.keys.key(key));
    const { chain, revision } = await this.#gather(keyRecords, read, (found) => followKey(keyRecords, found));
    const { key, subscription, user, permissions } = chain;
    if (key === undefined || subscription?.state !== 'active' || user === undefined)
      return { answer: undefined, revision };
    const { id, userId, apiProduct } = subscription;
    const identity = this.#identityOf({ id: userId, user, permissions }, { id, apiProduct });
    return { answer: { identity, stored: key.stored, endsAt: endOfKey(subscription, key.slot) }, revision };
  }

  /**
   * @param email whose user somebody else has proved the caller to be; a user who has not confirmed it is nobody here
   * @param subscription what stands in the place of one
   * @param read gets the key of every record before it is read
   */
  async readHolder(
    email: string,
    subscription: Identity['subscription'],
    read: Set<string>,
  ): Promise<Reading> {
    const first = records.emails.key(email);
    const { chain, revision } = await this.#gather([first], read, (found) => followEmail(first, found));
    if (chain === undefined || chain.user.confirmedAt === undefined) return { answer: undefined, revision };
    const identity = this.#identityOf(chain, subscription);
    return { answer: { identity, stored: undefined, endsAt: Number.POSITIVE_INFINITY }, revision };
  }

  /**
   * Each record names the next one: key, subscription, user. They are read again together until nothing is missing,
   * so that an identity is made from records as they all stood at one revision.
   */
  async #gather<Chain extends object | undefined>(
    first: readonly string[],
    read: Set<string>,
    follow: (found: Found) => Chain | Missing,
  ): Promise<{ readonly chain: Chain; readonly revision: number }> {
    let wanted = first;
    for (;;) {
      for (const key of wanted) read.add(key);
      const { records: found, revision } = await this.#store.read(wanted);
      const chain = follow(new Map(wanted.map((key, index) => [key, found[index]])));
      if (!(chain instanceof Missing)) return { chain, revision };
      wanted = [...first, ...chain.keys];
    }
  }

  #identityOf({ id, user, permissions }: Holder, subscription: Identity['subscription']): Identity {
    // An operator registers a wholesaler's primary email, which is reason enough to trust it. Grants are given to an
    // address that nobody has vouched for: they count from its user's confirmation.
    const counting = user.confirmedAt === undefined ? [] : permissions.filter(({ active }) => active);
    return Object.freeze({
      userId: id,
      email: user.email,
      subscription: Object.freeze({ id: subscription.id, apiProduct: subscription.apiProduct }),
      owns: Object.freeze(user.owns === undefined ? [] : [user.owns]),
      grants: Object.freeze(counting.map((permission) => this.#grantOf(permission))),
    });
  }

  #grantOf({ wholesalerId, roleId, scope, endsOn }: Permission): Grant {
    const endsAt = endsOn === undefined ? undefined : this.#endOfDay(endsOn);
    return Object.freeze({ wholesalerId, roleId, scope, endsAt });
  }
}

/** Who a caller is. */
export interface Meaning {
  readonly identity: Identity;
  /** The key that it came with, as it is kept; undefined: it came without. */
  readonly stored: string | undefined;
  /** From then on (ms since the epoch) it is nobody. */
  readonly endsAt: number;
}

/** What a reading found; `answer` undefined: nobody. */
export interface Reading {
  readonly answer: Meaning | undefined;
  readonly revision: number;
}

/** Records that must be read to follow a chain further. */
class Missing {
  readonly keys: readonly string[];

  constructor(keys: readonly string[]) {
    this.keys = keys;
  }
}

type User = ReturnType<typeof records.users.decode>;

/** A user, by its own records. */
interface Holder {
  readonly id: string;
  readonly user: User;
  readonly permissions: readonly Permission[];
}

/** What the records of one key say; nothing where the key is nobody's. */
interface KeyChain {
  readonly key?: { readonly stored: string; readonly slot: records.KeySlot };
  readonly subscription?: records.Subscription & { readonly id: string };
  readonly user?: User;
  readonly permissions: readonly Permission[];
}

type Found = ReadonlyMap<string, StoredRecord | undefined>;

function followKey(keyRecords: readonly string[], found: Found): KeyChain | Missing {
  const opens = keyRecords.map((key) => found.get(key)).find((record) => record !== undefined);
  if (opens === undefined) return { permissions: [] };
  const { subscriptionId: id, slot } = records.keys.decode(opens);
  if (slot === 'revoked') return { permissions: [] };
  const subscriptionKey = records.subscriptions.key(id);
  if (!found.has(subscriptionKey)) return new Missing([subscriptionKey]);
  const subscription = { id, ...records.subscriptions.decode(present(found.get(subscriptionKey))) };
  const holder = followUser(subscription.userId, found);
  if (holder instanceof Missing) return new Missing([subscriptionKey, ...holder.keys]);
  const key = { stored: opens.key.slice(records.keys.prefix.length), slot };
  return { key, subscription, user: holder.user, permissions: holder.permissions };
}

/** Undefined: nobody has the address. */
function followEmail(emailRecord: string, found: Found): Holder | Missing | undefined {
  const named = found.get(emailRecord);
  return named && followUser(records.emails.decode(named).userId, found);
}

function followUser(id: string, found: Found): Holder | Missing {
  const userKey = records.users.key(id);
  const grantsKey = records.grants.key(id);
  if (!found.has(userKey)) return new Missing([userKey, grantsKey]);
  const user = records.users.decode(present(found.get(userKey)));
  const granted = found.get(grantsKey);
  return { id, user, permissions: granted === undefined ? [] : records.grants.decode(granted) };
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
