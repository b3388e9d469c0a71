import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openMailer } from '../../../src/admin/mail/open-mailer.ts';
import { OutboxSender } from '../../../src/admin/mail/outbox-sender.ts';
import { confirmAddress, readConfirmations } from '../../../src/grants/confirmation.ts';
import { dueMails, holdMail } from '../../../src/grants/outbox.ts';
import { Secret } from '../../../src/model/secret.ts';
import { type Store, StoreError } from '../../../src/store/store.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { allRecords, behind, PEPPERS, Rig, STATE } from '../../grants/rig.ts';
import { idOf } from '../../grants/subscription-rig.ts';
import { MailServer, smtpReply } from './mail-server.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
const EMAIL = 'new@partner.no';

let store: Store;
let server: MailServer;
let lines: PassThrough;
const opened: OutboxSender[] = [];
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2030-01-01T12:00:00.000Z') });
  store = await rig.openStore();
  await rig.apply(store, STATE);
  server = await MailServer.start();
  lines = new PassThrough();
});
afterEach(async () => {
  vi.useRealTimers();
  for (const sender of opened.splice(0)) await sender.close();
  await server.close();
});

async function grant(...emails: readonly string[]): Promise<void> {
  await rig.apply(
    store,
    `
users: [${emails.map((email) => `{ email: ${email} }`).join()}]
permissions:
${emails.map((email) => `  - { email: ${email}, accessToWholesaler: "10001", roleId: STOCK_READ, mainRoleId: DISTRIBUTION }`).join('\n')}`,
  );
}

function start(
  options: { readonly source?: Store; readonly url?: string; readonly hold?: number } = {},
): OutboxSender {
  const log = createLog({ stream: lines });
  const sender = OutboxSender.start({
    store: options.source ?? store,
    mailer: openMailer(new Secret(options.url ?? server.url), 'no-reply@admin.test', log),
    log,
    pepper: PEPPERS[0],
    publicUrl: new URL('https://admin.test/grants'),
    ...(options.hold === undefined ? {} : { hold: options.hold }),
  });
  opened.push(sender);
  return sender;
}

async function progress() {
  const userId = await idOf(store, EMAIL);
  return (await readConfirmations(store, [userId])).get(userId);
}

async function until(claim: () => Promise<void>): Promise<void> {
  await vi.waitFor(claim, { interval: 10, timeout: 5000 });
}

async function becomes(delivery: string): Promise<void> {
  await until(async () => expect(await progress()).toMatchObject({ delivery }));
}

test('a mail arrives once, from where and to whom it should, and its link confirms', async () => {
  await grant(EMAIL);
  start();
  const [mail] = await server.arrived(1);
  expect(mail).toMatchObject({ from: 'no-reply@admin.test', to: [EMAIL] });
  expect(mail?.text).toContain(`https://admin.test/grants/confirm/${mail?.token}`);
  await becomes('sent');
  expect(await confirmAddress(store, mail?.token ?? '')).toEqual({ state: 'confirmed', email: EMAIL });
  expect(server.mails).toHaveLength(1);
});

test('while the server is down a mail waits, and comes when it is back, with the same id and link', async () => {
  await grant(EMAIL);
  server.onMessage = () => {
    throw smtpReply(451, '4.3.0 come back later');
  };
  const first = start();
  await until(async () => expect(await progress()).toMatchObject({ reply: '451 4.3.0' }));
  await first.close();
  await server.close();
  vi.setSystemTime(Date.now() + 2 * MINUTE);
  const second = start();
  await until(async () =>
    expect(await allRecords(store, 'outbox/')).toMatchObject([{ fields: { attempts: '2' } }]),
  );
  await second.close();
  server = await MailServer.start();
  vi.setSystemTime(Date.now() + 5 * MINUTE);
  start();
  const [mail] = await server.arrived(1);
  const [record] = await allRecords(store, 'confirmation/');
  expect(mail?.messageId).toBe(`<${record?.fields['mailId']}@admin.test>`);
  await becomes('sent');
});

test('an address that the server refuses is told of, and not tried again', async () => {
  await grant(EMAIL);
  let asked = 0;
  server.onRecipient = () => {
    asked += 1;
    throw smtpReply(550, `5.1.1 <${EMAIL}> is nobody here`);
  };
  const sender = start();
  await becomes('refused');
  expect(await progress()).toMatchObject({ reply: '550 5.1.1' });
  await sender.close();
  vi.setSystemTime(Date.now() + DAY);
  const again = start();
  await again.close();
  expect(asked).toBe(1);
  expect(await allRecords(store, 'outbox/')).toEqual([]);
});

test('a login that the server refuses is no fault of the address', async () => {
  await grant(EMAIL);
  const sender = start({ url: server.url.replace('//', '//user:word@') });
  await until(async () =>
    expect(await allRecords(store, 'outbox/')).toMatchObject([{ fields: { attempts: '1' } }]),
  );
  await sender.close();
  expect(await progress()).toMatchObject({ delivery: 'waiting' });
});

test('after five days a mail is given up', async () => {
  await grant(EMAIL);
  server.onRecipient = () => {
    throw smtpReply(450, 'greylisted');
  };
  vi.setSystemTime(Date.now() + 5 * DAY + 1);
  start();
  await becomes('given_up');
  expect(await progress()).toMatchObject({ reply: '450' });
});

test('several senders send each mail once', async () => {
  const emails = Array.from({ length: 30 }, (_, index) => `user${index}@partner.no`);
  await grant(...emails);
  const senders = [start(), start(), start()];
  await server.arrived(30);
  await until(async () => expect(await allRecords(store, 'outbox/')).toEqual([]));
  for (const sender of senders) await sender.close();
  expect(server.mails.flatMap(({ to }) => to).sort()).toEqual(emails.toSorted());
});

test('a mail whose sender died before sending is taken up by another', async () => {
  await grant(EMAIL);
  const [mail] = await dueMails(store, Date.now(), 1);
  if (mail === undefined) throw new Error('no mail is due');
  await holdMail(store, mail, Date.now() + 30_000, new Secret('T'.repeat(43)));
  const early = start();
  await early.close();
  expect(server.mails).toEqual([]);
  vi.setSystemTime(Date.now() + 30_000);
  start();
  await server.arrived(1);
});

test('a mail that was accepted but not recorded comes again with the same id and link', async () => {
  await grant(EMAIL);
  let cut = false;
  server.onMessage = () => {
    cut = true;
  };
  const dying = behind(store, {
    commit: async (changes, preconditions) => {
      if (cut) throw new StoreError('unreachable', 'cut');
      return store.commit(changes, preconditions);
    },
  });
  const first = start({ source: dying, hold: 60 });
  await server.arrived(1);
  await first.close();
  vi.setSystemTime(Date.now() + MINUTE);
  start();
  const [one, two] = await server.arrived(2);
  expect([two?.messageId, two?.token]).toEqual([one?.messageId, one?.token]);
  await becomes('sent');
});

test('a server that is slow to take a mail does not make another sender send it', async () => {
  vi.useRealTimers();
  await grant(EMAIL);
  let asked = 0;
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  server.onMessage = () => {
    asked += 1;
    return released;
  };
  start({ hold: 600 });
  await until(async () => expect(asked).toBe(1));
  const heldUntil = async () => (await allRecords(store, 'outbox/'))[0]?.key.split('/')[1] ?? '';
  const firstHold = await heldUntil();
  start({ hold: 600 });
  // By then the first hold would have been over.
  await until(async () => expect(new Date().toISOString() > firstHold).toBe(true));
  expect((await heldUntil()) > firstHold).toBe(true);
  release();
  await becomes('sent');
  expect([asked, server.mails.length]).toEqual([1, 1]);
});

test('a sender outlives an outage of the store', async () => {
  let down = true;
  const flaky = behind(store, {
    list: async (prefix, page) => {
      if (down) throw new StoreError('unreachable', 'down');
      return store.list(prefix, page);
    },
  });
  start({ source: flaky });
  await grant(EMAIL);
  down = false;
  await server.arrived(1);
});

test('a sender that is closed ends with the mails that it is sending, and begins no more', async () => {
  const emails = Array.from({ length: 12 }, (_, index) => `user${index}@partner.no`);
  await grant(...emails);
  let asked = 0;
  const { promise: released, resolve: release } = Promise.withResolvers<void>();
  server.onMessage = () => {
    asked += 1;
    return released;
  };
  const sender = start();
  await until(async () => expect(asked).toBe(5));
  const closed = sender.close();
  release();
  await closed;
  expect(server.mails).toHaveLength(5);
  expect(await allRecords(store, 'outbox/')).toHaveLength(7);
});

test('neither addresses nor links get into the log', async () => {
  await grant(EMAIL, 'refused@partner.no');
  server.onRecipient = (address) => {
    if (address.startsWith('refused')) throw smtpReply(550, `no ${address} here`);
  };
  const sender = start();
  await until(async () => expect(await allRecords(store, 'outbox/')).toEqual([]));
  await sender.close();
  lines.end();
  const log = await text(lines);
  expect(log.trim().split('\n')).toHaveLength(2);
  expect(log).toContain('mail sent');
  expect(log).not.toMatch(/@|confirm\//);
});

test('mail that is to be printed is in the log, with its link', async () => {
  await grant(EMAIL);
  const sender = start({ url: 'log' });
  await becomes('sent');
  await sender.close();
  lines.end();
  expect(await text(lines)).toMatch(
    /"to":"new@partner.no".*https:\/\/admin.test\/grants\/confirm\/[\w-]{43}/,
  );
});
