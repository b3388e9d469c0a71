import type { Store } from '../store/store.ts';
import type { Origin } from './actor.ts';
import { change, type Problem } from './operations.ts';
import { loadConfirmations } from './plan/confirmation.ts';
import type { Draft } from './plan/draft.ts';
import { subscriptionsOf, userIdOf } from './plan/loading.ts';
import { planPermissionRemoval } from './plan/permission.ts';
import { planPrimaryRemoval, planSubscriptionRemoval, planUserRemoval } from './plan/removal.ts';
import { keysOf } from './plan/subscription-changes.ts';
import { planNewUser, planPrimary, userOf } from './plan/user.ts';
import * as records from './records.ts';

/** Permissions that are taken away in one commit, so that no user is too much for one. */
const BATCH = 1000;

export type PrimaryProblemCode = 'wholesaler_unknown' | 'user_unknown' | 'primary_unknown' | 'primary_taken';

/**
 * Makes an address a primary email of a wholesaler; it may have others beside it. An address that nobody has becomes
 * a user. For operators: nobody else may say who a wholesaler is.
 *
 * @param email in its one form
 * @throws StoreError
 */
export function addPrimaryEmail(
  store: Store,
  origin: Origin,
  wholesalerId: string,
  email: string,
): Promise<{ readonly userId: string } | Problem<PrimaryProblemCode>> {
  return change(
    store,
    origin,
    async (draft): Promise<{ readonly userId: string } | Problem<PrimaryProblemCode>> => {
      await loadContact(draft, wholesalerId, email);
      if (draft.get(records.wholesalers.key(wholesalerId)) === undefined) return wholesalerUnknown();
      const userId = userIdOf(draft, email) ?? planNewUser(draft, email, undefined);
      const { owns } = userOf(draft, userId);
      if (owns !== undefined && owns !== wholesalerId) {
        return { code: 'primary_taken', detail: 'The email is primary of another wholesaler.' };
      }
      planPrimary(draft, wholesalerId, userId, draft.now);
      return { userId };
    },
  );
}

/**
 * Takes from an address that it is a primary email of a wholesaler. Its user stays, with what others have granted.
 * @throws StoreError
 */
export function removePrimaryEmail(
  store: Store,
  origin: Origin,
  wholesalerId: string,
  email: string,
): Promise<{ readonly userId: string } | Problem<PrimaryProblemCode>> {
  return change(
    store,
    origin,
    async (draft): Promise<{ readonly userId: string } | Problem<PrimaryProblemCode>> => {
      await loadContact(draft, wholesalerId, email);
      const userId = userIdOf(draft, email);
      if (userId === undefined || userOf(draft, userId).owns !== wholesalerId) {
        return { code: 'primary_unknown', detail: 'This is no primary email of the wholesaler.' };
      }
      planPrimaryRemoval(draft, wholesalerId, userId, [records.emails.key(email)]);
      return { userId };
    },
  );
}

/**
 * Erases a user: the address, the subscriptions with their keys, the permissions. Who registers the address again is
 * another user. The audit names users by their ids alone, so nothing there tells who it was.
 *
 * The subscriptions go first: from then on nobody is let in by them, even where the rest takes several commits.
 *
 * @throws StoreError
 */
export async function eraseUser(
  store: Store,
  origin: Origin,
  userId: string,
): Promise<{ readonly userId: string } | Problem<'user_unknown'>> {
  let erasure = await change(store, origin, (draft) => planErasure(draft, userId));
  while (erasure === 'begun') erasure = await change(store, origin, (draft) => planErasure(draft, userId));
  if (erasure === 'done') return { userId };
  return { code: 'user_unknown', detail: 'There is no such user.' };
}

/** What lets the user in, some of the permissions, and with the last of them the user. */
async function planErasure(draft: Draft, userId: string): Promise<'begun' | 'done' | 'unknown'> {
  const key = records.users.key(userId);
  const grantsKey = records.grants.key(userId);
  const subscriberKey = records.subscribers.key(userId);
  await draft.load([key, grantsKey, subscriberKey]);
  if (draft.get(key) === undefined) return 'unknown';
  const { email, owns } = userOf(draft, userId);
  await loadConfirmations(draft, [userId]);
  await planClosing(draft, userId);
  if (owns !== undefined) {
    await draft.load([records.primaries.key(owns, userId)]);
    planPrimaryRemoval(draft, owns, userId);
  }
  const granted = draft.get(grantsKey);
  const permissions = granted === undefined ? [] : records.grants.decode(granted);
  const some = permissions.slice(0, BATCH);
  await draft.load([
    records.emails.key(email),
    ...some.map(({ wholesalerId }) => records.grantees.key(wholesalerId, userId)),
  ]);
  for (const permission of some) planPermissionRemoval(draft, email, userId, permission);
  if (some.length < permissions.length) return 'begun';
  // Where there are none, only these records tell that somebody grants something meanwhile.
  planUserRemoval(draft, userId, [grantsKey, subscriberKey]);
  return 'done';
}

/** Adds to a draft that a user's subscriptions are gone. */
async function planClosing(draft: Draft, userId: string): Promise<void> {
  const ids = subscriptionsOf(draft, userId).map(({ id }) => id);
  await draft.load(ids.flatMap((id) => [records.subscriptions.key(id), records.lastUses.key(id)]));
  for (const id of ids) {
    const record = draft.get(records.subscriptions.key(id));
    if (record === undefined) continue;
    const subscription = records.subscriptions.decode(record);
    await draft.load([...keysOf(subscription).keys()].map((stored) => records.keys.key(stored)));
    planSubscriptionRemoval(draft, id, subscription);
  }
}

async function loadContact(draft: Draft, wholesalerId: string, email: string): Promise<void> {
  await draft.load([records.wholesalers.key(wholesalerId), records.emails.key(email)]);
  const userId = userIdOf(draft, email);
  if (userId === undefined) return;
  await draft.load([records.users.key(userId), records.primaries.key(wholesalerId, userId)]);
}

function wholesalerUnknown(): Problem<PrimaryProblemCode> {
  return { code: 'wholesaler_unknown', detail: 'There is no such wholesaler.' };
}
