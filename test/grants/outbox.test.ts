import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Origin } from '../../src/grants/actor.ts';
import { readConfirmations, readLink, resendConfirmation } from '../../src/grants/confirmation.ts';
import {
  dueMails,
  type HeldMail,
  holdLonger,
  holdMail,
  settleMail,
  type WaitingMail,
} from '../../src/grants/outbox.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Store } from '../../src/store/store.ts';
import { allRecords, Rig, STATE } from './rig.ts';
import { idOf } from './subscription-rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());
afterEach(() => vi.useRealTimers());

const ORIGIN: Origin = { actor: { kind: 'operator', name: 'olga' }, route: 'management' };
const NOON = Date.parse('2030-01-01T12:00:00.000Z');
const MINUTE = 60_000;
const TOKEN = new Secret('T'.repeat(43));
const EMAIL = 'new@partner.no';

let store: Store;
let userId: string;
beforeEach(async () => {
  store = await rig.openStore();
  vi.useFakeTimers({ toFake: ['Date'], now: NOON });
  await rig.apply(store, STATE);
  await rig.apply(store, granted(EMAIL));
  userId = await idOf(store, EMAIL);
});

function granted(email: string): string {
  return `
users: [{ email: ${email} }]
permissions: [{ email: ${email}, accessToWholesaler: "10001", roleId: STOCK_READ, mainRoleId: DISTRIBUTION }]`;
}

async function onlyMail(): Promise<WaitingMail> {
  const [mail, ...others] = await dueMails(store, Date.now(), 10);
  if (mail === undefined || others.length > 0) throw new Error('there must be one mail that is due');
  return mail;
}

async function hold(mail: WaitingMail, until = Date.now() + MINUTE): Promise<HeldMail> {
  const held = await holdMail(store, mail, until, TOKEN);
  if (held === undefined) throw new Error('the mail cannot be held');
  return held;
}

async function progress() {
  return (await readConfirmations(store, [userId])).get(userId);
}

test('a mail that is held tells where it goes and is due for nobody until the hold is over', async () => {
  const held = await hold(await onlyMail());
  expect(held).toMatchObject({ email: EMAIL, wholesalerName: 'Wholesaler AS', attempts: 1 });
  expect(await dueMails(store, NOON + MINUTE - 1, 10)).toEqual([]);
  expect(await dueMails(store, NOON + MINUTE, 10)).toMatchObject([{ mailId: held.mailId, attempts: 1 }]);
});

test('of several who reach for a mail at once one gets it', async () => {
  const mail = await onlyMail();
  const holds = await Promise.all(
    [1, 2, 3, 4].map((minutes) => holdMail(store, mail, NOON + minutes * MINUTE, TOKEN)),
  );
  expect(holds.filter((held) => held !== undefined)).toHaveLength(1);
});

test('the link is good from the moment that the mail is held', async () => {
  await hold(await onlyMail());
  expect(await readLink(store, TOKEN.reveal())).toEqual({ state: 'open', email: EMAIL });
});

test('a hold can be made longer by its holder, and not by one who lost it', async () => {
  const first = await hold(await onlyMail());
  const longer = await holdLonger(store, first, NOON + 2 * MINUTE);
  expect(longer).toMatchObject({ email: EMAIL, attempts: 1 });
  expect(await dueMails(store, NOON + MINUTE, 10)).toEqual([]);
  vi.setSystemTime(NOON + 3 * MINUTE);
  const second = await hold(await onlyMail());
  if (longer === undefined) throw new Error('it was held');
  expect(await holdLonger(store, longer, NOON + 5 * MINUTE)).toBeUndefined();
  await settleMail(store, longer, { kind: 'refused', reply: '550' });
  expect(await progress()).toMatchObject({ delivery: 'waiting' });
  await settleMail(store, second, { kind: 'sent' });
  expect(await progress()).toMatchObject({ delivery: 'sent' });
});

test.each([
  [{ kind: 'sent' }, { delivery: 'sent', reply: undefined }],
  [
    { kind: 'refused', reply: '550 5.1.1' },
    { delivery: 'refused', reply: '550 5.1.1' },
  ],
  [
    { kind: 'given_up', reply: undefined },
    { delivery: 'given_up', reply: undefined },
  ],
] as const)('a mail that is done with leaves the outbox: %j', async (delivery, told) => {
  const held = await hold(await onlyMail());
  vi.setSystemTime(NOON + 1000);
  await settleMail(store, held, delivery);
  expect(await allRecords(store, 'outbox/')).toEqual([]);
  expect(await progress()).toEqual({ ...told, deliveryAt: '2030-01-01T12:00:01.000Z' });
});

test('a mail that could not be sent waits for its time, and tells what the server said', async () => {
  const held = await hold(await onlyMail());
  await settleMail(store, held, { kind: 'later', due: NOON + 5 * MINUTE, reply: '451 4.7.1' });
  expect(await progress()).toMatchObject({ delivery: 'waiting', reply: '451 4.7.1' });
  expect(await dueMails(store, NOON + 5 * MINUTE - 1, 10)).toEqual([]);
  vi.setSystemTime(NOON + 5 * MINUTE);
  const again = await hold(await onlyMail());
  expect(again).toMatchObject({ mailId: held.mailId, attempts: 2, createdAt: held.createdAt });
  await settleMail(store, again, { kind: 'sent' });
  expect(await progress()).toMatchObject({ delivery: 'sent', reply: undefined });
});

test('a mail that was sent is settled though its user was quicker', async () => {
  const held = await hold(await onlyMail());
  await rig.apply(store, `users: [{ email: ${EMAIL}, confirmed: true }]`);
  await settleMail(store, held, { kind: 'sent' });
  expect(await allRecords(store, 'outbox/')).toEqual([]);
});

test.each([
  ['has confirmed meanwhile', `users: [{ email: ${EMAIL}, confirmed: true }]`],
  ['is gone', 'users: [{ email: api@wholesaler.no }]'],
])('a mail to a user who %s is not sent', async (_, text) => {
  await rig.apply(store, text, { prune: text.includes('wholesaler') });
  expect(await holdMail(store, await onlyMail(), NOON + MINUTE, TOKEN)).toBeUndefined();
  expect(await allRecords(store, 'outbox/')).toEqual([]);
});

test('a mail whose user is removed while it is sent leaves nothing behind', async () => {
  const held = await hold(await onlyMail());
  await rig.apply(store, 'users: [{ email: api@wholesaler.no }]', { prune: true });
  await settleMail(store, held, { kind: 'sent' });
  const left = (await allRecords(store)).filter(({ key }) => !key.startsWith('audit'));
  expect(JSON.stringify(left)).not.toContain(userId);
});

test('a refused address can be asked again, and the link of the refused mail is void', async () => {
  await settleMail(store, await hold(await onlyMail()), { kind: 'refused', reply: '550' });
  vi.setSystemTime(NOON + 20 * MINUTE);
  await resendConfirmation(store, ORIGIN, { userId, wholesalerId: '10001' });
  expect(await readLink(store, TOKEN.reveal())).toEqual({ state: 'void' });
  expect(await progress()).toMatchObject({ delivery: 'waiting', reply: undefined });
});

test('mails come in the order in which they are due', async () => {
  for (const [index, email] of ['c@x.no', 'a@x.no', 'b@x.no'].entries()) {
    vi.setSystemTime(NOON + (index + 1) * MINUTE);
    await rig.apply(store, granted(email));
  }
  const due = await dueMails(store, NOON + 3 * MINUTE, 10);
  expect(due.map(({ createdAt }) => createdAt)).toEqual(due.map(({ createdAt }) => createdAt).sort());
  expect(due).toHaveLength(4);
  expect(await dueMails(store, NOON + 2 * MINUTE, 10)).toHaveLength(3);
  expect(await dueMails(store, NOON + 3 * MINUTE, 2)).toEqual(due.slice(0, 2));
});
