import { createServer, type Server } from 'node:http';
import express from 'express';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { confirmPages } from '../../../src/admin/mail/confirm-page.ts';
import type { AuditEvent } from '../../../src/grants/audit.ts';
import { confirmationToken } from '../../../src/grants/confirmation.ts';
import { dueMails, holdMail } from '../../../src/grants/outbox.ts';
import { type Store, StoreError } from '../../../src/store/store.ts';
import { behind, PEPPERS, Rig, STATE } from '../../grants/rig.ts';
import { listenAnywhere } from './mail-server.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

const EMAIL = "o'neil@partner.no";
let store: Store;
let url: string;
let recorded: AuditEvent[];
const servers: Server[] = [];
beforeEach(async () => {
  store = await rig.openStore();
  await rig.apply(store, STATE);
  await rig.apply(
    store,
    `
users: [{ email: "${EMAIL}" }]
permissions: [{ email: "${EMAIL}", accessToWholesaler: "10001", roleId: STOCK_READ, mainRoleId: DISTRIBUTION }]`,
  );
  const [mail] = await dueMails(store, Date.now(), 1);
  if (mail === undefined) throw new Error('no mail is due');
  const token = confirmationToken(mail.mailId, PEPPERS[0]);
  await holdMail(store, mail, Date.now() + 60_000, token);
  recorded = [];
  url = `${await serve(store)}/confirm/${token.reveal()}`;
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(source: Store): Promise<string> {
  const app = express().use(confirmPages(source, (event) => recorded.push(event)));
  const server = createServer(app);
  servers.push(server);
  return `http://127.0.0.1:${await listenAnywhere(server)}`;
}

async function ask(method: string, target = url, language = 'en') {
  const response = await fetch(target, { method, headers: { 'Accept-Language': language } });
  return { status: response.status, headers: response.headers, page: await response.text() };
}

test('opening the link changes nothing, however often; its button confirms', async () => {
  const before = await store.position();
  for (const method of ['GET', 'HEAD', 'GET']) expect((await ask(method)).status).toBe(200);
  expect(await store.position()).toEqual(before);
  const { page } = await ask('GET');
  expect(page).toContain('<form method="post"><button type="submit">Confirm the address</button></form>');
  expect(page).toContain('<strong>o&#39;neil@partner.no</strong>');
  const confirmed = await ask('POST');
  expect(confirmed).toMatchObject({ status: 200, page: expect.stringContaining('is confirmed') });
  expect(recorded).toMatchObject([{ route: 'confirmation', after: { confirmed: true } }]);
});

test('whoever comes again is told that it is done, and nothing is done again', async () => {
  await ask('POST');
  const before = await store.position();
  for (const method of ['GET', 'POST']) {
    const { status, page } = await ask(method);
    expect([status, page.includes('is confirmed'), page.includes('<form')]).toEqual([200, true, false]);
  }
  expect(await store.position()).toEqual(before);
});

test.each(['GET', 'POST'])('a link that is nobody’s is not found: %s', async (method) => {
  const base = url.slice(0, url.lastIndexOf('/') + 1);
  for (const token of ['A'.repeat(43), 'x', 'a%2Fb']) {
    const { status, page } = await ask(method, base + token);
    expect([status, page.includes('The link does not work'), page.includes('@')]).toEqual([404, true, false]);
  }
});

test.each([
  ['nb-NO,nb;q=0.9,en;q=0.8', 'nb', 'Bekreft adressen'],
  ['nn', 'nb', 'Bekreft adressen'],
  ['no', 'nb', 'Bekreft adressen'],
  ['en-GB', 'en', 'Confirm the address'],
  ['de', 'en', 'Confirm the address'],
])('the page speaks the reader’s language: %s', async (accepted, language, words) => {
  const { page } = await ask('GET', url, accepted);
  expect(page).toContain(`<html lang="${language}">`);
  expect(page).toContain(words);
});

test('the page is kept nowhere, framed nowhere, and tells nobody its address', async () => {
  const { headers, page } = await ask('GET');
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';.*frame-ancestors 'none'/);
  const style = /<style>([^]*)<\/style>/.exec(page)?.[1] ?? '';
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style));
  expect(headers.get('content-security-policy')).toContain(
    `style-src 'sha256-${Buffer.from(digest).toString('base64')}'`,
  );
});

test('while the store does not answer the page asks to come again', async () => {
  const down = async () => {
    throw new StoreError('unreachable', 'down');
  };
  const base = await serve(behind(store, { read: down }));
  expect(await ask('GET', base + new URL(url).pathname)).toMatchObject({
    status: 503,
    page: expect.stringContaining('Try again in a moment'),
  });
});
