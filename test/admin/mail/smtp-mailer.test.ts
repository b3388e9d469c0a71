import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import type { SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, expect, test } from 'vitest';
import type { Mail } from '../../../src/admin/mail/mailer.ts';
import { SmtpMailer } from '../../../src/admin/mail/smtp-mailer.ts';
import { Secret } from '../../../src/model/secret.ts';
import { MailServer, smtpReply } from './mail-server.ts';

const folder = mkdtempSync(join(tmpdir(), 'fullmakt-mail-'));
afterAll(() => rmSync(folder, { recursive: true }));
const TRUSTED = makeCertificate('trusted');
const UNTRUSTED = makeCertificate('untrusted');
tls.setDefaultCACertificates([...tls.getCACertificates('default'), TRUSTED.cert]);

const MAIL: Mail = {
  messageId: 'mail-1@admin.test',
  date: new Date('2030-01-01T12:00:00.000Z'),
  to: 'new@partner.no',
  subject: 'Bekreft – æøå',
  text: 'Hei på deg\n',
  html: '<p>Hei på deg</p>',
};

const servers: MailServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function startServer(options: SMTPServerOptions = {}): Promise<MailServer> {
  const server = await MailServer.start(options);
  servers.push(server);
  return server;
}

/** A self-signed certificate of 127.0.0.1 with its key, made for this run. */
function makeCertificate(name: string): { readonly key: string; readonly cert: string } {
  const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const names = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', ['req', '-x509', ...curve, ...names, '-days', '2', '-keyout', key, '-out', cert], {
    stdio: 'ignore',
  });
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
}

/** Takes `user` with `pass:word`, and notes what others came with. */
function login(seen: string[] = []): SMTPServerOptions {
  return {
    authOptional: false,
    onAuth: ({ username, password }, _session, answer) => {
      seen.push(`${username} ${password}`);
      if (username === 'user' && password === 'pass:word') answer(null, { user: username });
      else answer(new Error('wrong'));
    },
  };
}

const send = (address: string) => new SmtpMailer(new Secret(address), 'no-reply@admin.test').send(MAIL);

test('a mail has its id and date, text and HTML, and asks for no automatic answer', async () => {
  const server = await startServer();
  expect(await send(server.url)).toEqual({ kind: 'accepted' });
  const [mail] = server.mails;
  expect(mail).toMatchObject({
    from: 'no-reply@admin.test',
    to: [MAIL.to],
    messageId: '<mail-1@admin.test>',
  });
  for (const line of [
    'From: Fullmakt <no-reply@admin.test>',
    'To: new@partner.no',
    'Auto-Submitted: auto-generated',
    'Date: Tue, 01 Jan 2030 12:00:00 +0000',
    'Content-Type: multipart/alternative',
    'Hei på deg\r\n',
    '<p>Hei på deg</p>',
  ]) {
    expect(mail?.text).toContain(line);
  }
});

test('smtps: is TLS from the start, with a login', async () => {
  const server = await startServer({ secure: true, ...TRUSTED, ...login() });
  const address = `smtps://user:pass%3Aword@127.0.0.1:${server.port}`;
  expect(await send(address)).toEqual({ kind: 'accepted' });
  expect(server.mails).toMatchObject([{ secure: true }]);
});

test('smtp: goes over to TLS where the server offers it', async () => {
  const server = await startServer({ disabledCommands: [], ...TRUSTED, ...login() });
  expect(await send(server.url.replace('//', '//user:pass%3Aword@'))).toEqual({ kind: 'accepted' });
  expect(server.mails).toMatchObject([{ secure: true }]);
});

test('a password is never sent without TLS', async () => {
  const seen: string[] = [];
  const server = await startServer({ allowInsecureAuth: true, ...login(seen) });
  expect(await send(server.url.replace('//', '//user:pass%3Aword@'))).toMatchObject({ kind: 'failed' });
  expect(seen).toEqual([]);
});

test.each([
  ['smtps', { secure: true }],
  ['smtp', { disabledCommands: [] }],
])('a server with a certificate that nobody vouches for gets no mail: %s', async (scheme, options) => {
  const seen: string[] = [];
  const server = await startServer({ ...options, ...UNTRUSTED, ...login(seen) });
  const outcome = await send(`${scheme}://user:pass%3Aword@127.0.0.1:${server.port}`);
  expect(outcome).toMatchObject({ kind: 'failed' });
  expect([seen, server.mails]).toEqual([[], []]);
});

test('a wrong password and a sender that the server does not want are ours to mend', async () => {
  const server = await startServer({ secure: true, ...TRUSTED, ...login() });
  const outcome = await send(`smtps://user:wrong@127.0.0.1:${server.port}`);
  expect(outcome).toEqual({ kind: 'failed', reason: 'EAUTH', reply: '535' });
  const strict = await startServer({
    onMailFrom: (_address, _session, answer) => answer(smtpReply(553, '5.7.1 not you')),
  });
  expect(await send(strict.url)).toEqual({ kind: 'failed', reason: 'EENVELOPE', reply: '553 5.7.1' });
});

test.each([
  ['recipient', 550, '5.1.1 no such user', { kind: 'refused', reply: '550 5.1.1' }],
  ['recipient', 550, 'no such user', { kind: 'refused', reply: '550' }],
  ['recipient', 450, '4.2.0 greylisted', { kind: 'failed', reason: 'EENVELOPE', reply: '450 4.2.0' }],
  ['message', 554, '5.7.1 spam', { kind: 'refused', reply: '554 5.7.1' }],
  ['message', 452, 'full', { kind: 'failed', reason: 'EMESSAGE', reply: '452' }],
])('what a server says of the %s: %i %s', async (what, code, words, outcome) => {
  const server = await startServer();
  const refuse = () => {
    throw smtpReply(code, words);
  };
  if (what === 'recipient') server.onRecipient = refuse;
  else server.onMessage = refuse;
  expect(await send(server.url)).toEqual(outcome);
});

test('a server that is not there, or hangs up, is tried again', async () => {
  const server = await startServer();
  const { url } = server;
  server.onRecipient = () => {
    for (const connection of server.server.connections) connection.close();
    return new Promise(() => {});
  };
  expect(await send(url)).toMatchObject({ kind: 'failed' });
  await server.close();
  servers.splice(0);
  expect(await send(url)).toMatchObject({ kind: 'failed', reply: undefined });
});
