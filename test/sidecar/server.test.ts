import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../src/sidecar/exchange.ts';
import { refuse } from '../../src/sidecar/refusals.ts';
import { sendRefusal } from '../../src/sidecar/send-refusal.ts';
import { PATIENT, runServer } from './running-server.ts';
import { RESET, readAnswer, sendRaw } from './running-sidecar.ts';

const HASTY = { ...PATIENT, head: 50, request: 100 };
const POST = 'POST / HTTP/1.1\r\nHost: a\r\n';

const answerAtOnce = ({ response }: Exchange): void => void response.end('whole');
const leaveUnanswered = (): void => {};
const beginAnswer = ({ response }: Exchange): void => void response.write('half');

describe('a request that takes too long is refused with 408', () => {
  it('while its head is arriving', async () => {
    const { port, decisions, exchanges } = await runServer(answerAtOnce, HASTY);
    const answer = readAnswer(await sendRaw(port, 'GET / HTTP/1.1\r\nHost'));
    expect([answer.status, answer.code]).toEqual([408, 'request_timeout']);
    expect(exchanges).toEqual([]);
    expect(decisions).toMatchObject([{ code: 'request_timeout', status: 408 }]);
  });

  it('while its body is arriving and nothing has been answered, under the id that its log line will have', async () => {
    const { port, exchanges, decisions } = await runServer(leaveUnanswered, HASTY);
    const answer = readAnswer(await sendRaw(port, `${POST}Content-Length: 5\r\n\r\nab`));
    expect([answer.status, answer.code]).toEqual([408, 'request_timeout']);
    expect(answer.body).toContain(exchanges[0]?.decisionId);
    expect(exchanges[0]?.cut?.code).toBe('request_timeout');
    // Whoever serves the request reports its end.
    expect(decisions).toEqual([]);
  });
});

it('a connection on which nothing is ever sent is closed without a word', async () => {
  const { port, decisions } = await runServer(answerAtOnce, HASTY);
  expect(await sendRaw(port)).toBe('');
  expect(decisions).toEqual([]);
});

it('rubbish is answered once, however much of it comes', async () => {
  const { port, decisions } = await runServer(answerAtOnce);
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  let received = '';
  socket.on('data', (chunk) => (received += chunk.toString()));
  socket.write('rubbish\r\n\r\n');
  await once(socket, 'end');
  socket.write('rubbish\r\n\r\n');
  await nextTurn();
  socket.end('rubbish\r\n\r\n');
  await once(socket, 'close');
  expect(received.match(/HTTP\/1\.1 400/g)).toHaveLength(1);
  expect(decisions).toHaveLength(1);
});

describe('a body that turns out malformed', () => {
  const body = `${POST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n`;

  it('is refused if nothing has been answered', async () => {
    const { port, exchanges } = await runServer(({ incoming }) => void incoming.resume());
    const answer = readAnswer(await sendRaw(port, body));
    expect([answer.status, answer.code]).toEqual([400, 'request_malformed']);
    expect(exchanges[0]?.cut?.code).toBe('request_malformed');
  });

  it('resets an answer that has begun, and adds nothing to it', async () => {
    const { port } = await runServer((exchange) => {
      exchange.incoming.resume();
      beginAnswer(exchange);
    });
    const socket = connect(port, '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => {
      received += chunk.toString();
      if (received.includes('half')) socket.write('3\r\nabc\r\nzz\r\n');
    });
    socket.write(`${POST}Transfer-Encoding: chunked\r\n\r\n`);
    const [error] = await once(socket, 'error');
    expect(error).toMatchObject({ code: 'ECONNRESET' });
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(received.endsWith('4\r\nhalf\r\n')).toBe(true);
  });
});

it('a refusal that has been written is not spoilt by what is still to come of its request', async () => {
  const { port, decisions } = await runServer((exchange) => {
    exchange.refused = true;
    void sendRefusal(exchange, refuse('key_missing', 'A key, please.'), 'problem');
  });
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => {
    received += chunk.toString();
    if (received.endsWith('}')) socket.write('zz\r\n');
  });
  socket.write(`${POST}Transfer-Encoding: chunked\r\n\r\n`);
  // Rejects if the connection is reset.
  await once(socket, 'close');
  expect(readAnswer(received)).toMatchObject({ status: 401, code: 'key_missing' });
  expect(decisions).toEqual([]);
});

it('what is no HTTP behind a request that waits for its answer resets the connection', async () => {
  const { port, exchanges } = await runServer(leaveUnanswered);
  expect(await sendRaw(port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\nrubbish\r\n\r\n')).toBe(RESET);
  expect(exchanges).toHaveLength(1);
});

describe('a request that is pipelined', () => {
  const two = 'GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n';

  it('behind one that waits for its answer is not taken: the connection ends with that answer', async () => {
    const { port, exchanges } = await runServer(
      ({ response }) => void nextTurn().then(() => response.end('whole')),
    );
    const received = await sendRaw(port, two);
    expect(received.match(/HTTP\/1\.1 200/g)).toHaveLength(1);
    expect(received).toMatch(/^connection: close\r$/im);
    expect(received.endsWith('whole')).toBe(true);
    expect(exchanges.map(({ incoming }) => incoming.url)).toEqual(['/1']);
  });

  it('in great number cuts the connection at once', async () => {
    const { port, exchanges } = await runServer(leaveUnanswered);
    expect(await sendRaw(port, two.repeat(50))).toBe(RESET);
    expect(exchanges).toHaveLength(1);
  });
});

it('requests that follow one another on a connection are all served', async () => {
  const { port, exchanges } = await runServer(answerAtOnce);
  const socket = connect(port, '127.0.0.1');
  for (let count = 1; count <= 3; count += 1) {
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await once(socket, 'data');
    expect(exchanges).toHaveLength(count);
  }
  socket.destroy();
});

it('a wish for h2c, which some clients add to every first request, is passed over', async () => {
  const { port } = await runServer(answerAtOnce);
  const wish = 'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n';
  const socket = connect(port, '127.0.0.1');
  socket.write(`GET / HTTP/1.1\r\nHost: a\r\n${wish}\r\n`);
  const [first] = await once(socket, 'data');
  expect(String(first)).toMatch(/^HTTP\/1\.1 200 /);
  socket.destroy();
});

it.each([
  ['100-continue', 'continue'],
  ['100-Continue', 'continue'],
  ['100-continue, tea', 'unknown'],
  ['tea', 'unknown'],
])('the expectation %s is %s', async (expectation, expected) => {
  const { port, exchanges } = await runServer(answerAtOnce);
  await sendRaw(port, `${POST}Expect: ${expectation}\r\nConnection: close\r\n\r\n`);
  expect(exchanges.map((exchange) => exchange.expectation)).toEqual([expected]);
});

it('an expectation in HTTP/1.0 counts for nothing', async () => {
  const { port, exchanges } = await runServer(answerAtOnce);
  await sendRaw(port, 'POST / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n');
  expect(exchanges.map((exchange) => exchange.expectation)).toEqual(['none']);
});
