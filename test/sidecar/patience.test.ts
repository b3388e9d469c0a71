import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { getHead, openSocket, transcriptOf } from './clients.ts';
import { startProxy, startRawUpstream } from './proxy-fixture.ts';
import { route, upstream } from './routes.ts';
import { PATIENT, runServer } from './running-server.ts';
import { readAnswer, sendRaw } from './running-sidecar.ts';

const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab';
/** More than any kernel takes off our hands for a client that does not read. */
const MUCH = Buffer.alloc(32 * 1024 * 1024);
const BRIEF = { ...PATIENT, silence: 150 };

describe('a client that stops reading its answer', () => {
  it('is reset, so that it cannot hold an upstream for ever', async () => {
    const { port, exchanges } = await runServer(({ response }) => void response.end(MUCH), BRIEF);
    const socket = openSocket(port).pause();
    const transcript = transcriptOf(socket);
    socket.write(GET);
    await expect.poll(() => exchanges[0]?.response.destroyed).toBe(true);
    expect(exchanges[0]?.reason).toBe('the client does not read its answer');
    socket.resume();
    const { ending, bytes } = await transcript;
    expect(ending).toBe('reset');
    expect(bytes.length).toBeLessThan(MUCH.length);
  });

  it.each(['filtered', 'unfiltered'])('lets the upstream go, where the route is %s', async (kind) => {
    const backend = await startRawUpstream((socket) => {
      socket.write(
        'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n[\r\n',
      );
      const item = `{"owner":"10001","name":"${'x'.repeat(65_000)}"},`;
      const piece = `${item.length.toString(16)}\r\n${item}\r\n`;
      const pour = (): void => {
        while (!socket.destroyed && socket.write(piece));
      };
      socket.on('drain', pour);
      pour();
    });
    const to = upstream(backend.url);
    const proxy = await startProxy(
      [route('GET /filtered', to), route('GET /unfiltered', to, { response: 'unfiltered' })],
      { patience: BRIEF },
    );
    const socket = openSocket(proxy.port).pause();
    socket.write(getHead(`/${kind}`));
    await expect.poll(() => backend.sockets[0]?.destroyed, { timeout: 5000 }).toBe(true);
    await expect
      .poll(() => proxy.decisions)
      .toMatchObject([{ code: 'client_aborted', reason: 'the client does not read its answer' }]);
  });

  it('gets all of it if it is merely slow', async () => {
    const { port } = await runServer(({ response }) => void response.end(MUCH), BRIEF);
    const socket = openSocket(port);
    socket.write(GET.replace('1.1', '1.0'));
    let received = 0;
    let pauses = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (received < (pauses + 1) * 6_000_000) return;
      pauses += 1;
      socket.pause();
      setTimeout(() => socket.resume(), 100);
    });
    await once(socket, 'close');
    expect(received).toBeGreaterThan(MUCH.length);
    expect(pauses).toBeGreaterThan(3);
  });
});

it('a client that stops sending its body is refused with 408', async () => {
  const { port, exchanges } = await runServer(({ incoming }) => void incoming.resume(), BRIEF);
  expect(readAnswer(await sendRaw(port, POST))).toMatchObject({ status: 408, code: 'request_timeout' });
  expect(exchanges[0]?.cut?.code).toBe('request_timeout');
});

it.each([
  ['an upstream that takes its time to answer', GET],
  ['an upstream that takes its time to read', POST],
])('a client is not punished for %s', async (_, request) => {
  const { port } = await runServer(({ response }) => void sleep(400).then(() => response.end('late')), BRIEF);
  const socket = connect(port, '127.0.0.1');
  socket.write(request);
  const [answer] = await once(socket, 'data');
  expect(String(answer)).toMatch(/^HTTP\/1\.1 200/);
  socket.destroy();
});

it('a connection without a next request is closed without a word', async () => {
  const { port, decisions } = await runServer(({ response }) => void response.end('whole'), {
    ...PATIENT,
    nextRequest: 20,
  });
  const received = await sendRaw(port, GET);
  expect(received.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  expect(decisions).toEqual([]);
});

it('a connection beyond those that may be open is dropped, and idle ones make place for the next', async () => {
  const { port, server, decisions } = await runServer(({ response }) => void response.end('whole'));
  server.maxConnections = 2;
  const waiting = [openSocket(port), openSocket(port)];
  for (const socket of waiting) {
    socket.write(GET);
    await once(socket, 'data');
  }
  expect(await sendRaw(port, GET)).not.toContain('HTTP');
  expect(decisions).toMatchObject([{ code: 'connection_dropped', status: undefined }]);
  await expect.poll(() => waiting.every(({ destroyed }) => destroyed)).toBe(true);
  expect(await sendRaw(port, GET.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'))).toContain('whole');
});
