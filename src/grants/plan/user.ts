import { randomUUID } from 'node:crypto';
import * as records from '../records.ts';
import type { State } from '../state.ts';
import type { Draft } from './draft.ts';
import { userIdOf } from './loading.ts';
import { difference } from './record.ts';

/** Users that a state names, and those whose address is to be primary of a wholesaler. */
export function planUsers(draft: Draft, { sections }: State, now: string): void {
  const stated = new Map((sections.users ?? []).map(({ value }) => [value.email, value.confirmed]));
  for (const { value } of sections.wholesalers ?? []) {
    for (const email of value.primaryEmails) if (!stated.has(email)) stated.set(email, undefined);
  }
  for (const [email, confirmed] of stated) planUser(draft, email, confirmed, now);
}

function planUser(draft: Draft, email: string, confirmed: boolean | undefined, now: string): void {
  const userId = userIdOf(draft, email);
  if (userId === undefined) {
    planNewUser(draft, email, confirmed === true ? now : undefined);
    return;
  }
  const key = records.users.key(userId);
  const isConfirmed = userOf(draft, userId).confirmedAt !== undefined;
  if (confirmed === undefined || confirmed === isConfirmed) return;
  draft.add(
    {
      kind: 'changed',
      text: `user ${email}: ${confirmed ? 'confirmed' : 'no longer confirmed'}`,
      subject: { kind: 'user', userId },
      before: { confirmed: isConfirmed },
      after: { confirmed },
    },
    [confirmed ? { key, set: { confirmedAt: now } } : { key, unset: ['confirmedAt'] }],
    [records.emails.key(email)],
  );
}

/**
 * Adds a user that is not there to a draft.
 * @param confirmedAt RFC 3339, UTC
 * @returns the new user's id
 */
export function planNewUser(draft: Draft, email: string, confirmedAt: string | undefined): string {
  // A new id at every registration: what the address was granted under another id stays with that id.
  const userId = randomUUID();
  const confirmed = confirmedAt !== undefined;
  draft.add(
    {
      kind: 'added',
      text: `user ${email}${confirmed ? ', confirmed' : ''}`,
      subject: { kind: 'user', userId },
      after: { confirmed },
    },
    [
      { key: records.users.key(userId), set: records.users.encode({ email, confirmedAt }) },
      { key: records.emails.key(email), set: records.emails.encode({ userId }) },
    ],
  );
  return userId;
}

/** An address that is primary of another wholesaler moves: to apply a state is an operator's act. */
export function planPrimaryEmails(draft: Draft, { sections }: State, since: string): void {
  for (const { value } of sections.wholesalers ?? []) {
    for (const email of value.primaryEmails) {
      planPrimary(draft, value.id, knownUserId(draft, email), since);
    }
  }
}

/** Adds to a draft that a user is primary contact of a wholesaler, and of no other. */
export function planPrimary(draft: Draft, wholesalerId: string, userId: string, since: string): void {
  const { email, owns } = userOf(draft, userId);
  if (owns === wholesalerId) return;
  const left =
    owns === undefined ? [] : [{ key: records.primaries.key(owns, userId), remove: true } as const];
  const text =
    owns === undefined
      ? `primary email ${email} of wholesaler ${wholesalerId}`
      : `primary email ${email}: ${difference('wholesaler', owns, wholesalerId)}`;
  draft.add(
    {
      kind: owns === undefined ? 'added' : 'changed',
      text,
      subject: { kind: 'primary', wholesalerId, userId },
      before: owns === undefined ? undefined : { wholesalerId: owns },
      after: { wholesalerId },
    },
    [
      { key: records.users.key(userId), set: { owns: wholesalerId } },
      { key: records.primaries.key(wholesalerId, userId), set: records.primaries.encode({ since }) },
      ...left,
    ],
    [records.wholesalers.key(wholesalerId), records.emails.key(email)],
  );
}

/** The id of a user that is known to be there since references were checked. */
export function knownUserId(draft: Draft, email: string): string {
  const userId = userIdOf(draft, email);
  if (userId === undefined) throw new Error('a state was planned whose references were not checked');
  return userId;
}

/** @throws StoreError `corrupt` where an address leads to no user */
export function userOf(draft: Draft, userId: string): ReturnType<typeof records.users.decode> {
  const key = records.users.key(userId);
  return records.users.decode(draft.get(key) ?? { key, revision: 0, fields: {} });
}
