import { randomUUID } from 'node:crypto';
import type { Change } from '../../store/store.ts';
import * as records from '../records.ts';
import type { Draft } from './draft.ts';

const MINUTE = 60_000;
/** Milliseconds for which the link in a mail is good, counted from its sending. */
export const LINK_LIFETIME = 72 * 60 * MINUTE;
/** Milliseconds after a mail before the same user is sent another: nobody is to be flooded through us. */
const PAUSE = 10 * MINUTE;

/** Reads what is known of users' confirmations. */
export async function loadConfirmations(draft: Draft, userIds: readonly string[]): Promise<void> {
  await draft.load(userIds.map((userId) => records.confirmations.key(userId)));
  const tokens = userIds.flatMap((userId) => confirmationOf(draft, userId)?.token ?? []);
  await draft.load(tokens.map((token) => records.confirmationTokens.key(token)));
}

/**
 * What a permission's commit adds, so that its user is asked to confirm the address: nothing where that is confirmed,
 * or a mail is under way or can still be answered. The user and {@link loadConfirmations} must have been loaded.
 *
 * @param wholesalerId whose permission it is; the mail says so
 */
export function confirmationMailChanges(
  draft: Draft,
  userId: string,
  wholesalerId: string,
): readonly Change[] {
  const user = draft.get(records.users.key(userId));
  if (user === undefined || records.users.decode(user).confirmedAt !== undefined) return [];
  const last = confirmationOf(draft, userId);
  return last !== undefined && Date.parse(draft.now) < nextMailAt(last)
    ? []
    : changesOfMail(draft, userId, wholesalerId);
}

/** The instant (ms since the epoch) from which a permission is reason for another mail. */
function nextMailAt({ delivery, deliveryAt, usedAt }: records.Confirmation): number {
  // Whoever had confirmed and has to again was told to by an operator.
  if (usedAt !== undefined) return Number.NEGATIVE_INFINITY;
  if (delivery === 'waiting') return Number.POSITIVE_INFINITY;
  return Date.parse(deliveryAt) + (delivery === 'sent' ? LINK_LIFETIME : PAUSE);
}

/** Whether the user may be sent a mail that somebody asks for. */
export function mayMailAgain({ delivery, deliveryAt }: records.Confirmation, now: string): boolean {
  return delivery !== 'waiting' && Date.parse(now) >= Date.parse(deliveryAt) + PAUSE;
}

/** Puts a mail into the outbox, in place of the last one, whose link is no longer good. */
export function changesOfMail(draft: Draft, userId: string, wholesalerId: string): readonly Change[] {
  const mailId = randomUUID();
  const { now } = draft;
  const key = records.confirmations.key(userId);
  const set = records.confirmations.encode({
    mailId,
    wholesalerId,
    requestedAt: now,
    delivery: 'waiting',
    deliveryAt: now,
  });
  const mail = records.outbox.encode({ kind: 'confirmation', userId, createdAt: now, attempts: 0 });
  return [
    { key, set, unset: ['reply', 'token', 'usedAt'] },
    { key: records.outbox.key(now, mailId), set: mail },
    ...tokenRemoval(draft, userId),
  ];
}

/** What takes away all that is known of a user's confirmation. */
export function confirmationRemoval(draft: Draft, userId: string): readonly Change[] {
  if (confirmationOf(draft, userId) === undefined) return [];
  return [{ key: records.confirmations.key(userId), remove: true }, ...tokenRemoval(draft, userId)];
}

function tokenRemoval(draft: Draft, userId: string): readonly Change[] {
  const token = confirmationOf(draft, userId)?.token;
  return token === undefined ? [] : [{ key: records.confirmationTokens.key(token), remove: true }];
}

export function confirmationOf(draft: Draft, userId: string): records.Confirmation | undefined {
  const record = draft.get(records.confirmations.key(userId));
  return record && records.confirmations.decode(record);
}
