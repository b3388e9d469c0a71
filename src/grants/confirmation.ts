import { createHash, createHmac } from 'node:crypto';
import type { Pepper } from '../model/route.ts';
import { Secret } from '../model/secret.ts';
import type { Store } from '../store/store.ts';
import type { Origin } from './actor.ts';
import { change, type Problem } from './operations.ts';
import { changesOfMail, confirmationOf, loadConfirmations, mayMailAgain } from './plan/confirmation.ts';
import type { Draft } from './plan/draft.ts';
import * as records from './records.ts';

/**
 * The token in a mail's link: 256 bits that nobody can reckon without the pepper, which is not in the store. Made from
 * the mail's id, so that each attempt to send one mail sends the same.
 */
export function confirmationToken(mailId: string, pepper: Pepper): Secret {
  // No subscription key has a space in it: this is the hash of none.
  const hmac = createHmac('sha256', pepper.text.reveal()).update(`confirmation ${mailId}`);
  return new Secret(hmac.digest('base64url'));
}

/** What a token is kept as: its SHA-256 in lower-case hex. */
export function hashConfirmationToken(token: Secret): string {
  return createHash('sha256').update(token.reveal()).digest('hex');
}

/** What a link can do: confirm an address, nothing more since that is done, or nothing (any longer). */
export type LinkState =
  | { readonly state: 'open' | 'confirmed'; readonly email: string }
  | { readonly state: 'void' };

const VOID: LinkState = { state: 'void' };

/**
 * What a link can do; changes nothing.
 * @param text its token, as somebody sent it
 * @throws StoreError
 */
export async function readLink(store: Store, text: string): Promise<LinkState> {
  const token = await findToken(store, text);
  if (token === undefined) return VOID;
  const keys = [records.users.key(token.userId), records.confirmations.key(token.userId)];
  const [user, confirmation] = (await store.read(keys)).records;
  if (user === undefined || confirmation === undefined) return VOID;
  return judge(token, records.users.decode(user), records.confirmations.decode(confirmation), Date.now());
}

/**
 * Confirms the address that a link was sent to: from now on its user's permissions count. A link does this once.
 * @param text its token, as somebody sent it
 * @throws StoreError
 */
export async function confirmAddress(
  store: Store,
  text: string,
  recorded?: NonNullable<Origin['recorded']>,
): Promise<LinkState> {
  const token = await findToken(store, text);
  if (token === undefined) return VOID;
  const { userId } = token;
  const origin: Origin = {
    actor: { kind: 'user', userId },
    route: 'confirmation',
    ...(recorded && { recorded }),
  };
  return change(store, origin, async (draft): Promise<LinkState> => {
    await draft.load([records.users.key(userId), records.confirmations.key(userId)]);
    const user = draft.get(records.users.key(userId));
    const confirmation = confirmationOf(draft, userId);
    if (user === undefined || confirmation === undefined) return VOID;
    const link = judge(token, records.users.decode(user), confirmation, Date.parse(draft.now));
    if (link.state !== 'open') return link;
    draft.add(
      {
        kind: 'changed',
        text: `user ${link.email}: confirmed`,
        subject: { kind: 'user', userId },
        before: { confirmed: false },
        after: { confirmed: true },
      },
      [
        { key: records.users.key(userId), set: { confirmedAt: draft.now } },
        { key: records.confirmations.key(userId), set: { usedAt: draft.now } },
      ],
    );
    return { state: 'confirmed', email: link.email };
  });
}

type Token = ReturnType<typeof records.confirmationTokens.decode>;

async function findToken(store: Store, text: string): Promise<Token | undefined> {
  if (!/^[A-Za-z0-9_-]{43}$/.test(text)) return undefined;
  const { records: found } = await store.read([
    records.confirmationTokens.key(hashConfirmationToken(new Secret(text))),
  ]);
  return found[0] && records.confirmationTokens.decode(found[0]);
}

function judge(
  { mailId, endsAt }: Token,
  { email, confirmedAt }: ReturnType<typeof records.users.decode>,
  confirmation: records.Confirmation,
  now: number,
): LinkState {
  if (confirmation.mailId !== mailId) return VOID;
  if (confirmedAt !== undefined) return { state: 'confirmed', email };
  return confirmation.usedAt === undefined && now < Date.parse(endsAt) ? { state: 'open', email } : VOID;
}

export type ResendProblemCode = 'user_unknown' | 'already_confirmed' | 'mail_recent';

/**
 * Sends a user another mail, whose link takes the place of the last one's.
 *
 * @param wholesalerId who asks: the user must have a permission from it. The mail names it.
 * @throws StoreError
 */
export function resendConfirmation(
  store: Store,
  origin: Origin,
  { userId, wholesalerId }: { readonly userId: string; readonly wholesalerId: string },
): Promise<{ readonly requestedAt: string } | Problem<ResendProblemCode>> {
  return change(store, origin, (draft) => planResend(draft, userId, wholesalerId));
}

async function planResend(
  draft: Draft,
  userId: string,
  wholesalerId: string,
): Promise<{ readonly requestedAt: string } | Problem<ResendProblemCode>> {
  const userKey = records.users.key(userId);
  const granteeKey = records.grantees.key(wholesalerId, userId);
  await draft.load([userKey, granteeKey]);
  await loadConfirmations(draft, [userId]);
  const user = draft.get(userKey);
  if (user === undefined || draft.get(granteeKey) === undefined) {
    return { code: 'user_unknown', detail: 'The wholesaler has granted no such user anything.' };
  }
  if (records.users.decode(user).confirmedAt !== undefined) {
    return { code: 'already_confirmed', detail: 'The user has confirmed the address.' };
  }
  const last = confirmationOf(draft, userId);
  if (last !== undefined && !mayMailAgain(last, draft.now)) {
    return { code: 'mail_recent', detail: 'A mail is on its way, or was sent in the last ten minutes.' };
  }
  draft.add(
    {
      kind: 'changed',
      text: 'confirmation mail: sent again',
      subject: { kind: 'user', userId },
      before: { confirmed: false, ...(last && { mail: last.delivery }) },
      after: { confirmed: false, mail: 'waiting' },
    },
    changesOfMail(draft, userId, wholesalerId),
    [userKey, granteeKey],
  );
  return { requestedAt: draft.now };
}

/** How far a user's confirmation has come, for whoever granted the user something. */
export interface ConfirmationProgress {
  readonly delivery: records.Confirmation['delivery'];
  /** When delivery became that, RFC 3339, UTC. */
  readonly deliveryAt: string;
  /** What the mail server last answered in numbers, where it did not take the mail: `550 5.1.1`. */
  readonly reply: string | undefined;
}

/**
 * How far users' confirmations have come, by their ids; users that were never asked to confirm are left out.
 * @throws StoreError
 */
export async function readConfirmations(
  store: Store,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, ConfirmationProgress>> {
  const progress = new Map<string, ConfirmationProgress>();
  if (userIds.length === 0) return progress;
  const { records: found } = await store.read(userIds.map((userId) => records.confirmations.key(userId)));
  for (const [index, userId] of userIds.entries()) {
    const record = found[index];
    if (record === undefined) continue;
    const { delivery, deliveryAt, reply } = records.confirmations.decode(record);
    progress.set(userId, { delivery, deliveryAt, reply });
  }
  return progress;
}
