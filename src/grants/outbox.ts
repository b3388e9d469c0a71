import type { Secret } from '../model/secret.ts';
import type { Change, Precondition, Store, StoredRecord } from '../store/store.ts';
import { hashConfirmationToken } from './confirmation.ts';
import { LINK_LIFETIME } from './plan/confirmation.ts';
import * as records from './records.ts';

/**
 * A mail in the outbox, where it stood when it was read. It stands under the time at which it is due; whoever moves it
 * to a later time holds it until then, and finds out by the move itself if somebody else was first.
 */
export interface WaitingMail {
  readonly key: string;
  readonly revision: number;
  readonly mailId: string;
  readonly userId: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  /** How often it has been held, this time included. */
  readonly attempts: number;
}

/** A mail that is held, and what goes into it. */
export interface HeldMail extends WaitingMail {
  readonly email: string;
  readonly wholesalerName: string;
}

/** What became of an attempt; `reply` is what the mail server answered, in numbers. */
export type Delivery =
  | { readonly kind: 'sent' }
  | { readonly kind: 'refused' | 'given_up'; readonly reply: string | undefined }
  /** To be tried again at an instant (ms since the epoch). */
  | { readonly kind: 'later'; readonly due: number; readonly reply: string | undefined };

/**
 * The mails that are due, those that were due first before the others.
 * @param now ms since the epoch
 * @throws StoreError
 */
export async function dueMails(store: Store, now: number, limit: number): Promise<readonly WaitingMail[]> {
  const { records: found } = await store.list(records.outbox.prefix, { limit });
  return found
    .filter(({ key }) => key < records.outbox.key(`${new Date(now).toISOString()}~`))
    .map((record) => {
      const { userId, createdAt, attempts } = records.outbox.decode(record);
      const { key, revision } = record;
      return { key, revision, mailId: mailIdOf(key), userId, createdAt, attempts };
    });
}

function mailIdOf(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}

/**
 * Takes hold of a mail, and makes its link good.
 *
 * @param until instant (ms since the epoch) at which others may take it
 * @param token that of its link
 * @returns undefined if somebody else was first, or it is no longer to be sent: then it is gone from the outbox
 * @throws StoreError
 */
export async function holdMail(
  store: Store,
  mail: WaitingMail,
  until: number,
  token: Secret,
): Promise<HeldMail | undefined> {
  const { userId, mailId } = mail;
  const confirmationKey = records.confirmations.key(userId);
  const { records: found } = await store.read([confirmationKey, records.users.key(userId)]);
  const [confirmationRecord, userRecord] = found;
  const confirmation = confirmationRecord && records.confirmations.decode(confirmationRecord);
  const user = userRecord && records.users.decode(userRecord);
  if (confirmation?.mailId !== mailId || user === undefined || user.confirmedAt !== undefined) {
    await store.commit([{ key: mail.key, remove: true }], [{ key: mail.key, revision: mail.revision }]);
    return undefined;
  }
  const hash = hashConfirmationToken(token);
  const held = await move(
    store,
    { ...mail, attempts: mail.attempts + 1 },
    until,
    [
      { key: confirmationKey, set: { token: hash } },
      { key: records.confirmationTokens.key(hash), set: tokenFields(mail, Date.now()) },
    ],
    [{ key: confirmationKey, revision: confirmationRecord?.revision ?? 0 }],
  );
  const wholesalerName = await readName(store, confirmation.wholesalerId);
  return held && { ...held, email: user.email, wholesalerName };
}

/**
 * Holds a mail for longer.
 * @returns undefined if somebody else has taken it
 * @throws StoreError
 */
export async function holdLonger(store: Store, mail: HeldMail, until: number): Promise<HeldMail | undefined> {
  const held = await move(store, mail, until, [], []);
  return held && { ...mail, ...held };
}

/**
 * Writes what became of an attempt, unless somebody else has taken the mail meanwhile.
 * @throws StoreError
 */
export async function settleMail(store: Store, mail: HeldMail, delivery: Delivery): Promise<void> {
  for (;;) {
    const key = records.confirmations.key(mail.userId);
    const [record] = (await store.read([key])).records;
    const changes = record === undefined ? [] : changesOfDelivery(record, mail, delivery);
    const preconditions = [{ key, revision: record?.revision ?? 0 }];
    if (delivery.kind === 'later') {
      if (await move(store, mail, delivery.due, changes, preconditions)) return;
    } else {
      const result = await store.commit(
        [{ key: mail.key, remove: true }, ...changes],
        [{ key: mail.key, revision: mail.revision }, ...preconditions],
      );
      if (result.committed) return;
    }
    const [own] = (await store.read([mail.key])).records;
    if (own?.revision !== mail.revision) return;
  }
}

function changesOfDelivery(record: StoredRecord, mail: HeldMail, delivery: Delivery): readonly Change[] {
  const { mailId, token } = records.confirmations.decode(record);
  // Another mail has taken its place.
  if (mailId !== mail.mailId) return [];
  const now = Date.now();
  if (delivery.kind === 'later') {
    return delivery.reply === undefined ? [] : [{ key: record.key, set: { reply: delivery.reply } }];
  }
  const set = { delivery: delivery.kind, deliveryAt: new Date(now).toISOString() };
  if (delivery.kind !== 'sent') {
    return delivery.reply === undefined
      ? [{ key: record.key, set }]
      : [{ key: record.key, set: { ...set, reply: delivery.reply } }];
  }
  return [
    { key: record.key, set, unset: ['reply'] },
    ...(token === undefined
      ? []
      : [{ key: records.confirmationTokens.key(token), set: tokenFields(mail, now) }]),
  ];
}

function tokenFields({ userId, mailId }: WaitingMail, sentAt: number): records.Fields {
  const endsAt = new Date(sentAt + LINK_LIFETIME).toISOString();
  return records.confirmationTokens.encode({ userId, mailId, endsAt });
}

async function move<Mail extends WaitingMail>(
  store: Store,
  mail: Mail,
  due: number,
  changes: readonly Change[],
  preconditions: readonly Precondition[],
): Promise<Mail | undefined> {
  const { userId, createdAt, attempts } = mail;
  const key = records.outbox.key(new Date(due).toISOString(), mail.mailId);
  const set = records.outbox.encode({ kind: 'confirmation', userId, createdAt, attempts });
  const result = await store.commit(
    [{ key: mail.key, remove: true }, { key, set }, ...changes],
    [{ key: mail.key, revision: mail.revision }, { key, revision: 0 }, ...preconditions],
  );
  return result.committed ? { ...mail, key, revision: result.position.revision } : undefined;
}

async function readName(store: Store, wholesalerId: string): Promise<string> {
  const [record] = (await store.read([records.wholesalers.key(wholesalerId)])).records;
  return record === undefined ? wholesalerId : records.wholesalers.decode(record).name;
}
