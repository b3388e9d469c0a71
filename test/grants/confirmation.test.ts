import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Origin } from '../../src/grants/actor.ts';
import { readAudit } from '../../src/grants/audit.ts';
import {
  confirmAddress,
  confirmationToken,
  readConfirmations,
  readLink,
  resendConfirmation,
} from '../../src/grants/confirmation.ts';
import { dueMails, holdMail, settleMail } from '../../src/grants/outbox.ts';
import { grantPermissions } from '../../src/grants/permissions.ts';
import type { Store } from '../../src/store/store.ts';
import { allRecords, PEPPERS, Rig, STATE } from './rig.ts';
import { idOf, opens } from './subscription-rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

const NOON = Date.parse('2030-01-01T12:00:00.000Z');
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const EMAIL = 'new@partner.no';
const KEY = 'partner-key-0123456789';

let store: Store;
let owner: Origin;
beforeEach(async () => {
  store = await rig.openStore();
  vi.useFakeTimers({ toFake: ['Date'], now: NOON });
  await rig.apply(store, STATE);
  owner = { actor: { kind: 'user', userId: await idOf(store, 'api@wholesaler.no') }, route: 'auth-api' };
});
afterEach(() => vi.useRealTimers());

async function grant(email = EMAIL, active = true) {
  const row = { email, roleId: 'STOCK_READ', mainRoleId: 'DISTRIBUTION', scope: {}, active };
  const granted = await grantPermissions(store, owner, '10001', [row]);
  if ('code' in granted) throw new Error(granted.code);
}

/** Takes the one mail that is due out of the outbox, as if it had been sent; its token. */
async function deliver(): Promise<string> {
  const [mail, ...others] = await dueMails(store, Date.now(), 10);
  if (mail === undefined || others.length > 0) throw new Error('there must be one mail');
  const token = confirmationToken(mail.mailId, PEPPERS[0]);
  const held = await holdMail(store, mail, Date.now() + MINUTE, token);
  if (held === undefined) throw new Error('the mail is not to be sent');
  await settleMail(store, held, { kind: 'sent' });
  return token.reveal();
}

async function waiting(): Promise<number> {
  return (await allRecords(store, 'outbox/')).length;
}

test('a permission for an address that nobody has confirmed puts a mail into the outbox with it', async () => {
  const { revision } = await store.position();
  await grant();
  expect((await store.position()).revision).toBe(revision + 1);
  expect(await dueMails(store, Date.now(), 10)).toMatchObject([
    { userId: await idOf(store, EMAIL), attempts: 0 },
  ]);
});

test('an applied state asks for confirmation too, and asks once', async () => {
  const text = `
users: [{ email: ${EMAIL} }]
permissions: [{ email: ${EMAIL}, accessToWholesaler: "10001", roleId: STOCK_READ, mainRoleId: DISTRIBUTION }]`;
  await rig.apply(store, text);
  await rig.apply(
    store,
    text.replace('}]\n', '}]\n# again\n').replace('DISTRIBUTION }', 'DISTRIBUTION, endsOn: 2031-01-01 }'),
  );
  expect(await waiting()).toBe(1);
});

test('whoever has confirmed, or was granted what does not count, gets no mail', async () => {
  await grant('api@distributor.no');
  await grant('other@partner.no', false);
  expect(await waiting()).toBe(0);
});

test('several permissions at once, and more while the mail can be answered, are one mail', async () => {
  const scopes = [{}, { distributor: ['20003'] }, { distributor: ['20004'] }];
  const row = { email: EMAIL, roleId: 'STOCK_READ', mainRoleId: 'DISTRIBUTION', active: true };
  await grantPermissions(
    store,
    owner,
    '10001',
    scopes.map((scope) => Object.assign({ scope }, row)),
  );
  expect(await waiting()).toBe(1);
  await deliver();
  vi.setSystemTime(NOON + 71 * HOUR);
  await grantPermissions(store, owner, '10001', [{ ...row, scope: { distributor: ['20005'] } }]);
  expect(await waiting()).toBe(0);
  vi.setSystemTime(NOON + 73 * HOUR);
  await grantPermissions(store, owner, '10001', [{ ...row, scope: { distributor: ['20006'] } }]);
  expect(await waiting()).toBe(1);
});

test('permissions count from the confirmation, and no sooner', async () => {
  await grant();
  await rig.apply(store, `subscriptions: [{ email: ${EMAIL}, apiProduct: my-products, primaryKey: ${KEY} }]`);
  const token = await deliver();
  expect(await readLink(store, token)).toEqual({ state: 'open', email: EMAIL });
  expect((await opens(store, KEY))?.grants).toEqual([]);
  expect(await confirmAddress(store, token)).toEqual({ state: 'confirmed', email: EMAIL });
  expect((await opens(store, KEY))?.grants).toHaveLength(1);
});

test('reading a link changes nothing', async () => {
  await grant();
  const token = await deliver();
  const before = await store.position();
  await readLink(store, token);
  expect(await store.position()).toEqual(before);
});

test('a link confirms once: after that it does nothing, even if the user has to confirm again', async () => {
  await grant();
  const token = await deliver();
  await confirmAddress(store, token);
  const before = await store.position();
  expect(await readLink(store, token)).toEqual({ state: 'confirmed', email: EMAIL });
  expect(await confirmAddress(store, token)).toEqual({ state: 'confirmed', email: EMAIL });
  expect(await store.position()).toEqual(before);
  await rig.apply(store, `users: [{ email: ${EMAIL}, confirmed: false }]`);
  expect(await readLink(store, token)).toEqual({ state: 'void' });
  expect(await confirmAddress(store, token)).toEqual({ state: 'void' });
});

test('a link is good for 72 hours from the sending of its mail', async () => {
  await grant();
  vi.setSystemTime(NOON + 5 * HOUR);
  const token = await deliver();
  vi.setSystemTime(NOON + 77 * HOUR - 1);
  expect(await readLink(store, token)).toMatchObject({ state: 'open' });
  vi.setSystemTime(NOON + 77 * HOUR);
  expect(await readLink(store, token)).toEqual({ state: 'void' });
  expect(await confirmAddress(store, token)).toEqual({ state: 'void' });
});

test.each(['', 'x', 'A'.repeat(43), 'A'.repeat(44), '../user/1', '%00'])(
  'a token of nobody does nothing: %j',
  async (text) => {
    const before = await store.position();
    expect(await readLink(store, text)).toEqual({ state: 'void' });
    expect(await confirmAddress(store, text)).toEqual({ state: 'void' });
    expect(await store.position()).toEqual(before);
  },
);

test('the token is not in the store, and is another under another pepper', async () => {
  await grant();
  const token = await deliver();
  expect(token).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(JSON.stringify(await allRecords(store))).not.toContain(token);
});

test('a mail that is sent again takes the place of the last one', async () => {
  await grant();
  const userId = await idOf(store, EMAIL);
  const asked = { userId, wholesalerId: '10001' };
  expect(await resendConfirmation(store, owner, asked)).toMatchObject({ code: 'mail_recent' });
  const first = await deliver();
  vi.setSystemTime(NOON + 10 * MINUTE - 1);
  expect(await resendConfirmation(store, owner, asked)).toMatchObject({ code: 'mail_recent' });
  vi.setSystemTime(NOON + 10 * MINUTE);
  expect(await resendConfirmation(store, owner, asked)).toEqual({ requestedAt: new Date().toISOString() });
  expect(await readLink(store, first)).toEqual({ state: 'void' });
  const second = await deliver();
  expect(await confirmAddress(store, second)).toMatchObject({ state: 'confirmed' });
  expect(await resendConfirmation(store, owner, asked)).toMatchObject({ code: 'already_confirmed' });
});

test('a wholesaler has mails sent to those alone that it has granted something', async () => {
  await rig.apply(store, `users: [{ email: ${EMAIL} }]`);
  const asked = { userId: await idOf(store, EMAIL), wholesalerId: '10001' };
  expect(await resendConfirmation(store, owner, asked)).toMatchObject({ code: 'user_unknown' });
  expect(await resendConfirmation(store, owner, { ...asked, userId: 'nobody' })).toMatchObject({
    code: 'user_unknown',
  });
});

test('a confirmation is in the audit as its user’s own act, without the address', async () => {
  await grant();
  const recorded: string[] = [];
  await confirmAddress(store, await deliver(), (event) => recorded.push(event.route));
  const { events } = await readAudit(store, { limit: 100 });
  const event = events.find(({ route }) => route === 'confirmation');
  const userId = await idOf(store, EMAIL);
  expect(event).toMatchObject({
    actor: { kind: 'user', userId },
    subject: { kind: 'user', userId },
    before: { confirmed: false },
    after: { confirmed: true },
  });
  expect(recorded).toEqual(['confirmation']);
  expect(JSON.stringify(events)).not.toContain(EMAIL);
});

test('of a removed user no link and no mail is left', async () => {
  await grant();
  const token = await deliver();
  await rig.apply(store, 'users: [{ email: api@wholesaler.no }]', { prune: true });
  expect(await readLink(store, token)).toEqual({ state: 'void' });
  expect(await allRecords(store, 'confirmation')).toEqual([]);
  await grant();
  expect(await readLink(store, token)).toEqual({ state: 'void' });
});

test('how far confirmations have come is told of those who were asked', async () => {
  await grant();
  const userId = await idOf(store, EMAIL);
  const states = () => readConfirmations(store, [userId, 'nobody']);
  expect([...(await states())]).toEqual([[userId, expect.objectContaining({ delivery: 'waiting' })]]);
  await deliver();
  expect([...(await states())]).toMatchObject([[userId, { delivery: 'sent', reply: undefined }]]);
});
