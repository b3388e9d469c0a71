import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { expect, it, vi } from 'vitest';
import { KEYS, readAnswer, runSidecar } from './running-sidecar.ts';

const headers = `Host: a\r\nOcp-Apim-Subscription-Key: ${KEYS.owner}\r\n`;
const request = `GET /details HTTP/1.1\r\n${headers}\r\n`;

/** A connection, and all that has come over it. */
function open(port: number) {
  const socket = connect(port, '127.0.0.1');
  const connection = { socket, received: '', ended: once(socket, 'close') };
  socket.on('data', (chunk) => (connection.received += chunk.toString()));
  return connection;
}

it('while it ends, what is under way comes to its end, and nothing else begins', async () => {
  const sidecar = await runSidecar();
  const upstreamGotIt = Promise.withResolvers<ServerResponse>();
  sidecar.answerWith((_, response) => upstreamGotIt.resolve(response));
  const slow = open(sidecar.port);
  const idle = open(sidecar.port);
  await once(idle.socket, 'connect');
  slow.socket.write(request);
  const response = await upstreamGotIt.promise;

  const ready = () => fetch(`http://127.0.0.1:${sidecar.managementPort}/readyz`);
  expect((await ready()).status).toBe(200);
  const closed = sidecar.close();
  const unready = await ready();
  expect([unready.status, await unready.text()]).toEqual([503, 'draining\n']);
  expect((await fetch(`http://127.0.0.1:${sidecar.managementPort}/livez`)).status).toBe(200);
  const [refused] = await once(connect(sidecar.port, '127.0.0.1'), 'error');
  expect(refused).toMatchObject({ code: 'ECONNREFUSED' });

  response.setHeader('Content-Type', 'application/json').end('[{"owner":"10001"}]');
  await closed;
  await Promise.all([slow.ended, idle.ended]);
  const answer = readAnswer(slow.received);
  expect(answer.status).toBe(200);
  expect(answer.head).toMatch(/^connection: close\r?$/im);
  expect(answer.body).toContain('[{"owner":"10001"}]');
});

it('a connection that is kept gets no new request through while the sidecar ends', async () => {
  const sidecar = await runSidecar();
  const answers = new Map<string | undefined, ServerResponse>();
  sidecar.answerWith((incoming, response) => {
    answers.set(incoming.url, response);
    response.write('half, ');
  });
  const [kept, other] = [open(sidecar.port), open(sidecar.port)];
  kept.socket.write(`GET /kept HTTP/1.1\r\n${headers}\r\n`);
  other.socket.write(`GET /other HTTP/1.1\r\n${headers}\r\n`);
  await vi.waitFor(() => expect(kept.received + other.received).toMatch(/half, .*half, /s));
  const closed = sidecar.close();
  answers.get('/kept')?.end('whole');
  await vi.waitFor(() => expect(kept.received).toContain('whole'));

  const before = kept.received.length;
  kept.socket.write(`GET /late HTTP/1.1\r\n${headers}\r\n`);
  await kept.ended;
  const answer = readAnswer(kept.received.slice(before).replace(/^[^H]*/, ''));
  expect([answer.status, answer.code]).toEqual([503, 'shutting_down']);
  expect(answers.has('/late')).toBe(false);
  answers.get('/other')?.end('whole');
  await closed;
});
