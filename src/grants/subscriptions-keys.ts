import { Secret } from '../model/secret.ts';
import type { Store } from '../store/store.ts';
import type { Origin } from './actor.ts';
import { isProblem, type Problem } from './operations.ts';
import * as records from './records.ts';
import {
  hashSubscriptionKey,
  hintOf,
  isSubscriptionKey,
  makeSubscriptionKey,
  type Peppers,
} from './subscription-key.ts';
import {
  cancelled,
  changeSubscription,
  type SubscriptionProblem,
  type SubscriptionTarget,
} from './subscriptions.ts';

const OLD = { primary: 'oldPrimary', secondary: 'oldSecondary' } as const;

export interface Renewal {
  readonly slot: 'primary' | 'secondary';
  /** Milliseconds for which the old key goes on being good; 0: it ends at once. A key that was revoked has none. */
  readonly overlap: number;
}

/**
 * Makes a new key in place of one. Of the keys before it only the last may overlap: renewing again ends the one before
 * that.
 *
 * @returns the key, which can't be read again
 * @throws StoreError
 */
export async function regenerateKey(
  store: Store,
  origin: Origin,
  target: SubscriptionTarget,
  { slot, overlap }: Renewal,
  peppers: Peppers,
): Promise<{ readonly key: Secret } | SubscriptionProblem> {
  const key = makeSubscriptionKey();
  const result = await changeSubscription(store, origin, target, (before, draft) => {
    if (before.state === 'cancelled') return cancelled();
    const old = OLD[slot];
    const overlaps = overlap > 0 && before[`${slot}RevokedAt`] === undefined;
    const endsAt = new Date(Date.parse(draft.now) + overlap).toISOString();
    return {
      ...before,
      [slot]: hashSubscriptionKey(key, peppers[0]),
      [`${slot}Hint`]: hintOf(key),
      [`${slot}RevokedAt`]: undefined,
      [old]: overlaps ? before[slot] : undefined,
      [`${old}Hint`]: overlaps ? before[`${slot}Hint`] : undefined,
      [`${old}EndsAt`]: overlaps ? endsAt : undefined,
      [`${old}RevokedAt`]: undefined,
    };
  });
  return isProblem(result) ? result : { key };
}

/** What a key opens, or opened. */
export interface FoundKey {
  readonly subscriptionId: string;
  readonly slot: records.KeySlot | 'revoked';
}

/**
 * Whose key a text is: one that leaked, say. Also told of keys that have ended, and of those of subscriptions that are
 * not active.
 *
 * @returns undefined if it is nobody's
 * @throws StoreError
 */
export async function findKey(store: Store, text: string, peppers: Peppers): Promise<FoundKey | undefined> {
  if (!isSubscriptionKey(text)) return undefined;
  const stored = peppers.map((pepper) => hashSubscriptionKey(new Secret(text), pepper));
  const { records: found } = await store.read(stored.map((each) => records.keys.key(each)));
  const record = found.find((each) => each !== undefined);
  return record && records.keys.decode(record);
}

/**
 * Takes a key out of use at once and for ever: no state file brings it back. Its slot waits to be regenerated.
 *
 * @param text the key's, as it was found
 * @returns what it opened until now (`revoked`: it was revoked before)
 * @throws StoreError
 */
export async function revokeKey(
  store: Store,
  origin: Origin,
  text: string,
  peppers: Peppers,
): Promise<FoundKey | SubscriptionProblem | Problem<'key_unknown'>> {
  const found = await findKey(store, text, peppers);
  if (found === undefined) return { code: 'key_unknown', detail: 'This is nobody’s key.' };
  const stored = peppers.map((pepper) => hashSubscriptionKey(new Secret(text), pepper));
  const result = await changeSubscription(store, origin, { id: found.subscriptionId }, (before, draft) => {
    const slot = records.keySlot.options.find((each) => stored.some((hash) => hash === before[each]));
    // It may have been renewed since it was found: then it opens nothing.
    if (slot === undefined || before[`${slot}RevokedAt`] !== undefined) return before;
    return { ...before, [`${slot}RevokedAt`]: draft.now };
  });
  // One that was revoked outlives its subscription.
  return isProblem(result) && found.slot !== 'revoked' ? result : found;
}
