// The admin service took in a body, up to 1 MB of it, before it knew who called: 600 connections without a key cost it
// 600 MB.
import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdminRig, KEYS } from '../admin/rig.ts';

let rig: AdminRig;
beforeAll(async () => {
  rig = await AdminRig.start();
});
afterAll(() => rig.close());

const LENGTH = 'Content-Length: 1000000\r\n';
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const KEY = `Ocp-Apim-Subscription-Key: ${KEYS.owner}\r\n`;
const MEGABYTE = 'x'.repeat(1024 * 1024);
const PATH = '/auth/v0/permission';

it.concurrent.each([
  ['without a key', PATH, LENGTH, '[', 401, 'key_missing'],
  [
    'with a key that nobody has',
    PATH,
    `${LENGTH}Ocp-Apim-Subscription-Key: nobody\r\n`,
    '[',
    401,
    'key_invalid',
  ],
  ['without an operator’s token', '/manage/v1/users/u1/subscriptions', LENGTH, '{', 401, 'token_missing'],
  ['that says it is too large', PATH, `${KEY}Content-Length: 1048577\r\n`, '[', 413, 'body_too_large'],
  ['that becomes too large', PATH, KEY + CHUNKED, `100001\r\n${MEGABYTE}x\r\n`, 413, 'body_too_large'],
])(
  'a request %s is refused before its body is there, and its connection ends',
  async (_, path, headers, body, status, code) => {
    const socket = connect(Number(new URL(rig.url).port), '127.0.0.1').on('error', () => {});

    let received = '';
    socket.on('data', (chunk) => (received += String(chunk)));
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n${headers}\r\n${body}`,
    );
    await once(socket, 'close');
    expect(received).toContain(`HTTP/1.1 ${status} `);
    expect(received).toContain(`"code":"${code}"`);
  },
);
