import type { Change } from '../../store/store.ts';
import type { AuditedState } from '../audit.ts';
import * as records from '../records.ts';

interface Versions {
  /** Undefined: there was none. */
  readonly before: records.Subscription | undefined;
  /** Undefined: it goes. */
  readonly after: records.Subscription | undefined;
}

/** What brings a subscription's record, and the records of its keys, from what it was to what it shall be. */
export function changesOfSubscription(id: string, { before, after }: Versions): readonly Change[] {
  const key = records.subscriptions.key(id);
  if (after === undefined) {
    const lastUse: Change = { key: records.lastUses.key(id), remove: true };
    return [{ key, remove: true }, lastUse, ...changesOfKeys(id, { before, after })];
  }
  const set = records.subscriptions.encode(after);
  const fields = before === undefined ? [] : Object.keys(records.subscriptions.encode(before));
  const unset = fields.filter((field) => set[field] === undefined);
  return [{ key, set, unset }, ...changesOfKeys(id, { before, after })];
}

function changesOfKeys(subscriptionId: string, { before, after }: Versions): readonly Change[] {
  const had = keysOf(before);
  const has = keysOf(after);
  return [
    // What was revoked stays known as such, whatever becomes of its subscription.
    ...[...had]
      .filter(([stored, slot]) => slot !== 'revoked' && !has.has(stored))
      .map(([stored]): Change => ({ key: records.keys.key(stored), remove: true })),
    ...[...has]
      .filter(([stored, slot]) => had.get(stored) !== slot)
      .map(
        ([stored, slot]): Change => ({
          key: records.keys.key(stored),
          set: records.keys.encode({ subscriptionId, slot }),
        }),
      ),
  ];
}

/** The keys of a subscription as they are kept, with what each one's record says of it. */
export function keysOf(
  subscription: records.Subscription | undefined,
): ReadonlyMap<string, records.KeySlot | 'revoked'> {
  const keys = new Map<string, records.KeySlot | 'revoked'>();
  for (const slot of records.keySlot.options) {
    const stored = subscription?.[slot];
    if (stored !== undefined)
      keys.set(stored, subscription?.[`${slot}RevokedAt`] === undefined ? slot : 'revoked');
  }
  return keys;
}

/** What may change of a subscription; of its keys, what tells a person which they are, and how long they are good. */
export function auditedSubscription({ state, endsAt, ...subscription }: records.Subscription): AuditedState {
  const ofKeys = records.keySlot.options.flatMap((slot) =>
    ([`${slot}Hint`, `${slot}RevokedAt`] as const).map((name) => [name, subscription[name]] as const),
  );
  const { oldPrimaryEndsAt, oldSecondaryEndsAt } = subscription;
  const all = { state, endsAt, ...Object.fromEntries(ofKeys), oldPrimaryEndsAt, oldSecondaryEndsAt };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
