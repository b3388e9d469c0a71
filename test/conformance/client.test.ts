import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { converse, type Reply } from '../../src/conformance/client.ts';
import { hasSeen } from '../../src/conformance/seen-bytes.ts';
import { portOf } from '../sidecar/running-sidecar.ts';

/** What comes of a server that does this with the connection when the request has come. */
async function replyOf(serve: (socket: Socket) => void, method = 'GET', linger = 0): Promise<Reply> {
  const server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => serve(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return converse(
    { host: '127.0.0.1', port: portOf(server) },
    { bytes: Buffer.from(`${method} / HTTP/1.1\r\n\r\n`), method, linger, end: false },
  );
}

const answers = async (bytes: string | Buffer, method?: string, linger?: number) =>
  (await replyOf((socket) => socket.end(bytes), method, linger)).answers;

const OK = 'HTTP/1.1 200 OK\r\n';

describe('an answer is whole', () => {
  it.each([
    ['that has as many bytes as it says', `${OK}Content-Length: 2\r\n\r\n[]`],
    ['that has its last chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\n[\r\n1;x=y\r\n]\r\n0\r\n\r\n`],
    ['that ends with its connection', `${OK}\r\n[]`],
    ['behind interim ones', `HTTP/1.1 103 Early Hints\r\n\r\n${OK}Content-Length: 2\r\n\r\n[]`],
  ])('%s', async (_, bytes) => {
    const [answer] = await answers(bytes);
    expect(answer).toMatchObject({ status: 200, whole: true, faults: [] });
    expect(answer?.body.toString()).toBe('[]');
  });

  it.each([
    ['to HEAD', `${OK}Content-Length: 99\r\n\r\n`, 'HEAD'],
    ['of 204', 'HTTP/1.1 204 No Content\r\n\r\n', 'GET'],
    ['of 304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n', 'GET'],
  ])('%s without a body', async (_, bytes, method) => {
    const [answer] = await answers(bytes, method);
    expect(answer).toMatchObject({ whole: true, faults: [] });
  });
});

describe('an answer is not whole', () => {
  it.each([
    ['that has fewer bytes than it says', `${OK}Content-Length: 3\r\n\r\n[]`],
    ['that lacks its last chunk', `${OK}Transfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n`],
    ['whose head has no end', `${OK}Content-Length: 2\r\n`],
    ['that is none', 'FORBIDDEN'],
  ])('%s', async (_, bytes) => {
    const [answer] = await answers(bytes);
    expect(answer?.whole).toBe(false);
  });

  it('that ends with its connection’s reset', async () => {
    const reply = await replyOf((socket) => {
      socket.write(`${OK}\r\n[]`);
      setTimeout(() => socket.resetAndDestroy(), 20);
    });
    expect(reply.ending).toBe('reset');
    expect(reply.answers[0]?.whole).toBe(false);
  });
});

it.each([
  ['a bare LF', `${OK}X: a\nContent-Length: 0\r\n\r\n`, 'a line ends with a bare LF'],
  ['a CR within a value', `${OK}X: a\rb\r\nContent-Length: 0\r\n\r\n`, 'a header line is malformed'],
  [
    'both a length and chunks',
    `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'it has both a length and a transfer coding',
  ],
])('an answer with %s is malformed', async (_, bytes, fault) => {
  const [answer] = await answers(bytes);
  expect(answer?.faults).toEqual([fault]);
});

it('every answer of a connection is heard for as long as one lingers', async () => {
  const one = `${OK}Content-Length: 2\r\n\r\n[]`;
  const reply = await replyOf(
    (socket) => {
      socket.write(one);
      setTimeout(() => socket.write(one), 30);
    },
    'GET',
    200,
  );
  expect(reply.answers).toHaveLength(2);
});

describe('a text is seen', () => {
  const secret = Buffer.from('[{"name":"FORBIDDEN"}]');
  it.each([
    ['as it is', secret],
    ['in UTF-16', Buffer.from(secret.toString(), 'utf16le')],
    ['by gzip', gzipSync(secret)],
    ['by zlib', deflateSync(secret)],
    ['by deflate alone', deflateRawSync(secret)],
    ['by Brotli', brotliCompressSync(secret)],
  ])('%s, whatever the headers say', async (_, body) => {
    const reply = await replyOf((socket) => socket.end(Buffer.concat([Buffer.from(`${OK}\r\n`), body])));
    expect(hasSeen(reply, 'FORBIDDEN')).toBe(true);
    expect(hasSeen(reply, 'VISIBLE')).toBe(false);
  });

  it('across two chunks', async () => {
    const reply = await replyOf((socket) =>
      socket.end(`${OK}Transfer-Encoding: chunked\r\n\r\n4\r\nFORB\r\n5\r\nIDDEN\r\n0\r\n\r\n`),
    );
    expect(hasSeen(reply, 'FORBIDDEN')).toBe(true);
  });
});
