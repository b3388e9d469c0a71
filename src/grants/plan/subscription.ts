import { randomUUID } from 'node:crypto';
import type { Secret } from '../../model/secret.ts';
import type { Change } from '../../store/store.ts';
import type { AuditedState } from '../audit.ts';
import * as records from '../records.ts';
import type { Stated } from '../state-schema.ts';
import { hashSubscriptionKey, hintOf, makeSubscriptionKey, type Peppers } from '../subscription-key.ts';
import type { Draft } from './draft.ts';
import { subscriptionsOf } from './loading.ts';
import { difference } from './record.ts';

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
  const existing = subscriptionsOf(draft, userId).find((own) => own.apiProduct === apiProduct);
  const id = existing?.id ?? randomUUID();
  const key = records.subscriptions.key(id);
  const before = existing && records.subscriptions.decode(draft.get(key) ?? { key, revision: 0, fields: {} });
  const slots = slotsOf(stated, before, peppers);
  const renewed = SLOTS.filter((slot) => slots[slot].stored !== before?.[slot]);
  if (before?.state === state && renewed.length === 0) return;
  const subscription: records.Subscription = {
    userId,
    apiProduct,
    state,
    createdAt: before?.createdAt ?? now,
    primary: slots.primary.stored,
    primaryHint: slots.primary.hint,
    secondary: slots.secondary.stored,
    secondaryHint: slots.secondary.hint,
  };
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
      { key, set: records.subscriptions.encode(subscription) },
      { key: records.subscribers.key(userId), set: { [id]: apiProduct } },
      ...changesOfKeys(id, subscription, before),
    ],
    [records.users.key(userId), records.emails.key(email), records.apiProducts.key(apiProduct)],
  );
}

/** What may change of a subscription; of its keys, what tells a person which they are. */
export function auditedSubscription({
  state,
  primaryHint,
  secondaryHint,
}: records.Subscription): AuditedState {
  return { state, primaryHint, secondaryHint };
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

function changesOfKeys(
  subscriptionId: string,
  subscription: records.Subscription,
  before: records.Subscription | undefined,
): readonly Change[] {
  const kept = new Set(SLOTS.map((slot) => subscription[slot]));
  const left = SLOTS.flatMap((slot) => before?.[slot] ?? []).filter((stored) => !kept.has(stored));
  return [
    ...left.map((stored): Change => ({ key: records.keys.key(stored), remove: true })),
    ...SLOTS.filter((slot) => subscription[slot] !== before?.[slot]).map(
      (slot): Change => ({
        key: records.keys.key(subscription[slot]),
        set: records.keys.encode({ subscriptionId, slot }),
      }),
    ),
  ];
}

function wordsOf(
  { state }: records.Subscription,
  before: records.Subscription | undefined,
  renewed: readonly Slot[],
): string {
  if (before === undefined) return state === 'active' ? '' : `: ${state}`;
  const words = renewed.map((slot) => `${slot} key replaced`);
  if (before.state !== state) words.push(difference('state', before.state, state));
  return `: ${words.join(', ')}`;
}
