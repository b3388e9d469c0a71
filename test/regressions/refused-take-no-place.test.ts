// A refused request held one of the 1,024 places until the rest of its body had come or been waited for in vain: one
// client without a key took them all.
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { KEYS, readAnswer, runSidecar } from '../sidecar/running-sidecar.ts';

const AT_ONCE = 220;

/** Sends the beginning of a request, keeps the connection, and gives the status and code of what is answered. */
async function begin(port: number, headers: string): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  onTestFinished(() => void socket.destroy());
  socket.write(`POST /orders HTTP/1.1\r\nHost: a\r\n${headers}Content-Length: 100\r\n\r\nbegun`);
  let received = '';
  for (;;) {
    received += String(await once(socket, 'data'));
    const { status, code } = readAnswer(received);
    if (code !== undefined) return `${status} ${code}`;
  }
}

it.each([
  ['without a key', 1100, '', '401 key_missing'],
  [
    'of one user, more than it has places',
    440,
    `Ocp-Apim-Subscription-Key: ${KEYS.owner}\r\n`,
    '502 upstream_unreachable',
  ],
])('refused requests %s, whose bodies do not come, take no places', async (_, count, headers, refusal) => {
  const sidecar = await runSidecar();
  onTestFinished(() => sidecar.close());
  sidecar.answerWith((incoming) => incoming.socket.destroy());
  for (let sent = 0; sent < count; sent += AT_ONCE) {
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => begin(sidecar.port, headers)));
    expect(new Set(answers)).toEqual(new Set([refusal]));
  }
  sidecar.forget();
  const answer = await fetch(`http://127.0.0.1:${sidecar.port}/details`, {
    headers: { 'Ocp-Apim-Subscription-Key': KEYS.owner },
  });
  expect([answer.status, await answer.text()]).toEqual([200, '[]']);
});
