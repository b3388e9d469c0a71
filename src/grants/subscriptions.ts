import { randomUUID } from 'node:crypto';
import type { Secret } from '../model/secret.ts';
import type { Store, StoredRecord } from '../store/store.ts';
import type { Origin } from './actor.ts';
import { change, isProblem, type Problem } from './operations.ts';
import type { Draft } from './plan/draft.ts';
import { subscriptionsOf } from './plan/loading.ts';
import { auditedSubscription, changesOfSubscription, keysOf } from './plan/subscription-changes.ts';
import * as records from './records.ts';
import { hashSubscriptionKey, hintOf, makeSubscriptionKey, type Peppers } from './subscription-key.ts';

export type SubscriptionProblemCode =
  | 'user_unknown'
  | 'api_product_unknown'
  | 'subscription_unknown'
  | 'subscription_exists'
  | 'subscription_cancelled'
  | 'revision_outdated';
export type SubscriptionProblem = Problem<SubscriptionProblemCode>;

/** The subscription, and how it was when it was read. */
export interface SubscriptionTarget {
  readonly id: string;
  /** Refuse if it is at another revision by now (`If-Match`). */
  readonly revision?: number | undefined;
}

/** Keys that were made. They can't be read again. */
export interface NewKeys {
  readonly primary: Secret;
  readonly secondary: Secret;
}

/**
 * Subscribes a user to an API product. A user has one subscription to a product, besides those that were cancelled.
 *
 * @param subscription.endsAt RFC 3339, UTC, with milliseconds
 * @throws StoreError
 */
export function createSubscription(
  store: Store,
  origin: Origin,
  subscription: {
    readonly userId: string;
    readonly apiProduct: string;
    readonly name?: string | undefined;
    readonly endsAt?: string | undefined;
  },
  peppers: Peppers,
): Promise<{ readonly id: string; readonly keys: NewKeys } | SubscriptionProblem> {
  const { userId, apiProduct, name, endsAt } = subscription;
  return change(store, origin, async (draft) => {
    const problem = await refuseNew(draft, userId, apiProduct);
    if (problem !== undefined) return problem;
    const id = randomUUID();
    const keys = { primary: makeSubscriptionKey(), secondary: makeSubscriptionKey() };
    const after: records.Subscription = {
      userId,
      apiProduct,
      name,
      state: 'active',
      createdAt: draft.now,
      endsAt,
      primary: hashSubscriptionKey(keys.primary, peppers[0]),
      primaryHint: hintOf(keys.primary),
      secondary: hashSubscriptionKey(keys.secondary, peppers[0]),
      secondaryHint: hintOf(keys.secondary),
    };
    draft.add(
      {
        kind: 'added',
        text: `subscription ${id}`,
        subject: { kind: 'subscription', subscriptionId: id, userId, apiProduct },
        after: auditedSubscription(after),
      },
      [
        { key: records.subscribers.key(userId), set: { [id]: apiProduct } },
        ...changesOfSubscription(id, { before: undefined, after }),
      ],
      [records.users.key(userId), records.apiProducts.key(apiProduct)],
    );
    return { id, keys };
  });
}

async function refuseNew(
  draft: Draft,
  userId: string,
  apiProduct: string,
): Promise<SubscriptionProblem | undefined> {
  const user = records.users.key(userId);
  const product = records.apiProducts.key(apiProduct);
  await draft.load([user, product, records.subscribers.key(userId)]);
  if (draft.get(user) === undefined) return { code: 'user_unknown', detail: 'There is no such user.' };
  if (draft.get(product) === undefined) {
    return { code: 'api_product_unknown', detail: 'There is no such API product.' };
  }
  const same = subscriptionsOf(draft, userId).filter((own) => own.apiProduct === apiProduct);
  const keys = same.map(({ id }) => records.subscriptions.key(id));
  await draft.load(keys);
  const live = keys.flatMap((key) => draft.get(key) ?? []).some((record) => !isCancelled(record));
  if (!live) return undefined;
  return { code: 'subscription_exists', detail: 'The user has a subscription to this API product.' };
}

function isCancelled(record: StoredRecord): boolean {
  return records.subscriptions.decode(record).state === 'cancelled';
}

/** What may be said anew of a subscription; what is left out stays, and null takes away. */
export interface SubscriptionUpdate {
  /** `suspended` can become `active` again, `cancelled` nothing. */
  readonly state?: records.Subscription['state'] | undefined;
  readonly name?: string | null | undefined;
  /** RFC 3339, UTC, with milliseconds. */
  readonly endsAt?: string | null | undefined;
}

/**
 * Suspends, resumes, cancels, renames a subscription, or sets its end.
 * @throws StoreError
 */
export function updateSubscription(
  store: Store,
  origin: Origin,
  target: SubscriptionTarget,
  { state, name, endsAt }: SubscriptionUpdate,
): Promise<{ readonly id: string } | SubscriptionProblem> {
  return changeSubscription(store, origin, target, (before) =>
    before.state === 'cancelled'
      ? cancelled()
      : {
          ...before,
          state: state ?? before.state,
          name: name === undefined ? before.name : (name ?? undefined),
          endsAt: endsAt === undefined ? before.endsAt : (endsAt ?? undefined),
        },
  );
}

/**
 * Changes a subscription. One that comes out as it was is not written.
 * @param next from what it is to what it shall be, or why it can't
 * @throws StoreError
 */
export function changeSubscription(
  store: Store,
  origin: Origin,
  { id, revision }: SubscriptionTarget,
  next: (before: records.Subscription, draft: Draft) => records.Subscription | SubscriptionProblem,
): Promise<{ readonly id: string } | SubscriptionProblem> {
  return change(store, origin, async (draft): Promise<{ readonly id: string } | SubscriptionProblem> => {
    const record = await loadSubscription(draft, id);
    if (record === undefined) {
      return { code: 'subscription_unknown', detail: 'There is no such subscription.' };
    }
    if (revision !== undefined && record.revision !== revision) {
      return { code: 'revision_outdated', detail: 'The subscription has changed since it was read.' };
    }
    const before = records.subscriptions.decode(record);
    const after = next(before, draft);
    if (isProblem(after)) return after;
    planSubscriptionChange(draft, id, before, after);
    return { id };
  });
}

/** Nothing becomes of a subscription that was cancelled. */
export function cancelled(): SubscriptionProblem {
  return { code: 'subscription_cancelled', detail: 'The subscription was cancelled.' };
}

function planSubscriptionChange(
  draft: Draft,
  id: string,
  before: records.Subscription,
  after: records.Subscription,
): void {
  const [was, is] = [before, after].map((each) => JSON.stringify(records.subscriptions.encode(each)));
  if (was === is) return;
  const { userId, apiProduct } = before;
  draft.add(
    {
      kind: 'changed',
      text: `subscription ${id}`,
      subject: { kind: 'subscription', subscriptionId: id, userId, apiProduct },
      before: auditedSubscription(before),
      after: auditedSubscription(after),
    },
    changesOfSubscription(id, { before, after }),
  );
}

async function loadSubscription(draft: Draft, id: string): Promise<StoredRecord | undefined> {
  const key = records.subscriptions.key(id);
  await draft.load([key]);
  const record = draft.get(key);
  if (record === undefined) return undefined;
  const stored = [...keysOf(records.subscriptions.decode(record)).keys()];
  await draft.load(stored.map((each) => records.keys.key(each)));
  return record;
}
