import { randomUUID } from 'node:crypto';
import type { Secret } from '../../model/secret.ts';
import * as records from '../records.ts';
import type { Stated } from '../state-schema.ts';
import { hashSubscriptionKey, hintOf, makeSubscriptionKey, type Peppers } from '../subscription-key.ts';
import type { Draft } from './draft.ts';
import { subscriptionsOf } from './loading.ts';
import { difference } from './record.ts';
import { auditedSubscription, changesOfSubscription } from './subscription-changes.ts';

type StatedSubscription = Stated['subscriptions'] & { readonly userId: string };

const SLOTS = ['primary', 'secondary'] as const;
type Slot = (typeof SLOTS)[number];

/** What a slot shall hold: the key as it is kept, and its text if it was made just now. */
interface SlotKey {
  readonly stored: string;
  readonly hint: string;
  readonly made: Secret | undefined;
}

/** Adds to a draft what brings a user's subscription to what is stated; keys that are given nowhere are made. */
export function planSubscription(
  draft: Draft,
  stated: StatedSubscription,
  peppers: Peppers,
  now: string,
): void {
  const { email, userId, apiProduct, state } = stated;
  const [existing] = statedSubscriptions(draft, userId, apiProduct);
  const id = existing?.id ?? randomUUID();
  const key = records.subscriptions.key(id);
  const before = existing && records.subscriptions.decode(draft.get(key) ?? { key, revision: 0, fields: {} });
  const slots = slotsOf(stated, before, peppers);
  const renewed = SLOTS.filter((slot) => slots[slot].stored !== before?.[slot]);
  const name = stated.name ?? before?.name;
  const endsAt = stated.endsAt ?? before?.endsAt;
  const isSame = before?.state === state && before.name === name && before.endsAt === endsAt;
  if (isSame && renewed.length === 0) return;
  const subscription = withoutRepeated({
    ...before,
    userId,
    apiProduct,
    name,
    state,
    endsAt,
    createdAt: before?.createdAt ?? now,
    primary: slots.primary.stored,
    primaryHint: slots.primary.hint,
    primaryRevokedAt: renewed.includes('primary') ? undefined : before?.primaryRevokedAt,
    secondary: slots.secondary.stored,
    secondaryHint: slots.secondary.hint,
    secondaryRevokedAt: renewed.includes('secondary') ? undefined : before?.secondaryRevokedAt,
  });
  const made = { email, apiProduct, primary: slots.primary.made, secondary: slots.secondary.made };
  draft.add(
    {
      kind: before === undefined ? 'added' : 'changed',
      text: `subscription ${email} ${apiProduct}${wordsOf(subscription, before, renewed)}`,
      ...(made.primary || made.secondary ? { made } : {}),
      subject: { kind: 'subscription', subscriptionId: id, userId, apiProduct },
      before: before && auditedSubscription(before),
      after: auditedSubscription(subscription),
    },
    [
      { key: records.subscribers.key(userId), set: { [id]: apiProduct } },
      ...changesOfSubscription(id, { before, after: subscription }),
    ],
    [records.users.key(userId), records.emails.key(email), records.apiProducts.key(apiProduct)],
  );
}

/**
 * The subscriptions that a state means by a user and an API product: those that were not cancelled, or else all. More
 * than one: it cannot tell.
 */
export function statedSubscriptions(
  draft: Draft,
  userId: string,
  apiProduct: string,
): readonly { readonly id: string }[] {
  const same = subscriptionsOf(draft, userId).filter((own) => own.apiProduct === apiProduct);
  const live = same.filter(({ id }) => {
    const record = draft.get(records.subscriptions.key(id));
    return record !== undefined && records.subscriptions.decode(record).state !== 'cancelled';
  });
  return live.length > 0 ? live : same;
}

function slotsOf(
  stated: StatedSubscription,
  before: records.Subscription | undefined,
  peppers: Peppers,
): Readonly<Record<Slot, SlotKey>> {
  const kept = new Set(SLOTS.map((slot) => before?.[slot]));
  const given = (text: Secret | undefined): SlotKey | undefined => {
    if (text === undefined) return undefined;
    const hashes = peppers.map((pepper) => hashSubscriptionKey(text, pepper));
    const stored = hashes.find((hash) => kept.has(hash)) ?? hashSubscriptionKey(text, peppers[0]);
    return { stored, hint: hintOf(text), made: undefined };
  };
  const primary = given(stated.primaryKey);
  const secondary = given(stated.secondaryKey);
  const otherwise = (slot: Slot, other: SlotKey | undefined): SlotKey => {
    // A stored key that the file gives for the other slot moves there.
    if (before !== undefined && before[slot] !== other?.stored) {
      return { stored: before[slot], hint: before[`${slot}Hint`], made: undefined };
    }
    const made = makeSubscriptionKey();
    return { stored: hashSubscriptionKey(made, peppers[0]), hint: hintOf(made), made };
  };
  return {
    primary: primary ?? otherwise('primary', secondary),
    secondary: secondary ?? otherwise('secondary', primary),
  };
}

/** A key that was taken back from behind its successor stands there no longer. */
function withoutRepeated(subscription: records.Subscription): records.Subscription {
  const result = { ...subscription };
  const kept = SLOTS.map((slot) => subscription[slot]);
  for (const old of ['oldPrimary', 'oldSecondary'] as const) {
    if (!kept.some((stored) => stored === result[old])) continue;
    result[old] = undefined;
    result[`${old}Hint`] = undefined;
    result[`${old}EndsAt`] = undefined;
    result[`${old}RevokedAt`] = undefined;
  }
  return result;
}

function wordsOf(
  after: records.Subscription,
  before: records.Subscription | undefined,
  renewed: readonly Slot[],
): string {
  if (before === undefined) return after.state === 'active' ? '' : `: ${after.state}`;
  const words = renewed.map((slot) => `${slot} key replaced`);
  for (const member of ['state', 'name', 'endsAt'] as const) {
    if (before[member] !== after[member]) words.push(difference(member, before[member], after[member]));
  }
  return `: ${words.join(', ')}`;
}
