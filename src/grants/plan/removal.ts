import * as records from '../records.ts';
import { confirmationRemoval } from './confirmation.ts';
import type { Draft } from './draft.ts';
import { auditedSubscription, changesOfSubscription } from './subscription-changes.ts';
import { userOf } from './user.ts';

/** Adds to a draft that a user is primary contact of a wholesaler no more. */
export function planPrimaryRemoval(
  draft: Draft,
  wholesalerId: string,
  userId: string,
  basis: readonly string[] = [],
): void {
  draft.add(
    {
      kind: 'removed',
      text: `primary email ${userOf(draft, userId).email} of wholesaler ${wholesalerId}`,
      subject: { kind: 'primary', wholesalerId, userId },
      before: { wholesalerId },
    },
    [
      { key: records.primaries.key(wholesalerId, userId), remove: true },
      { key: records.users.key(userId), unset: ['owns'] },
    ],
    basis,
  );
}

/** Adds to a draft that a subscription is gone, and with it its keys. */
export function planSubscriptionRemoval(
  draft: Draft,
  subscriptionId: string,
  subscription: records.Subscription,
): void {
  const { userId, apiProduct } = subscription;
  draft.add(
    {
      kind: 'removed',
      text: `subscription ${userOf(draft, userId).email} ${apiProduct}`,
      subject: { kind: 'subscription', subscriptionId, userId, apiProduct },
      before: auditedSubscription(subscription),
    },
    [
      { key: records.subscribers.key(userId), unset: [subscriptionId] },
      ...changesOfSubscription(subscriptionId, { before: subscription, after: undefined }),
    ],
  );
}

/**
 * Adds to a draft that a user is gone. What hangs on the user must be gone already.
 * @param basis keys of records that would tell if anything did
 */
export function planUserRemoval(draft: Draft, userId: string, basis: readonly string[] = []): void {
  const { email, confirmedAt } = userOf(draft, userId);
  draft.add(
    {
      kind: 'removed',
      text: `user ${email}`,
      subject: { kind: 'user', userId },
      before: { confirmed: confirmedAt !== undefined },
    },
    [
      { key: records.users.key(userId), remove: true },
      { key: records.emails.key(email), remove: true },
      ...confirmationRemoval(draft, userId),
    ],
    basis,
  );
}
