import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { KEYS, type RunningSidecar, readAnswer, runSidecar, sendRaw } from './running-sidecar.ts';

let sidecar: RunningSidecar;
beforeAll(async () => {
  sidecar = await runSidecar();
});
afterAll(() => sidecar.close());
afterEach(() => sidecar.forget());

const KEY = `Ocp-Apim-Subscription-Key: ${KEYS.owner}\r\n`;
const HEAD = `POST /orders HTTP/1.1\r\nHost: a\r\n${KEY}`;
const LINE = 'GET /details HTTP/1.1\r\n';

describe('on a bare connection, nothing reaches the upstream and the answer has our code, for', () => {
  it.each([
    ['a method that is none', `FOO /details HTTP/1.1\r\nHost: a\r\n\r\n`, 400, 'request_malformed'],
    ['a method in small letters', `get /details HTTP/1.1\r\nHost: a\r\n\r\n`, 400, 'request_malformed'],
    ['what is not HTTP', 'hello\r\n\r\n', 400, 'request_malformed'],
    ['a TLS greeting', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'request_malformed'],
    ['HTTP/0.9', 'GET /details\r\n\r\n', 400, 'request_malformed'],
    ['HTTP/1.2', 'GET /details HTTP/1.2\r\nHost: a\r\n\r\n', 400, 'request_malformed'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400, 'request_malformed'],
    ['a blank in the target', `GET /det ails HTTP/1.1\r\nHost: a\r\n\r\n`, 400, 'request_malformed'],
    ['a raw byte in the target', `GET /\xe9 HTTP/1.1\r\nHost: a\r\n\r\n`, 400, 'request_malformed'],
    ['no Host', `${LINE}${KEY}\r\n`, 400, 'request_malformed'],
    ['two Hosts', `${LINE}Host: a\r\nHost: a\r\n${KEY}\r\n`, 400, 'request_malformed'],
    [
      'two Hosts in HTTP/1.0',
      `GET /details HTTP/1.0\r\nHost: a\r\nHost: b\r\n${KEY}\r\n`,
      400,
      'request_malformed',
    ],
    ['a Host with a path', `${LINE}Host: a/b\r\n${KEY}\r\n`, 400, 'request_malformed'],
    ['a Host with a user', `${LINE}Host: a@b\r\n${KEY}\r\n`, 400, 'request_malformed'],
    ['an empty Host', `${LINE}Host:\r\n${KEY}\r\n`, 400, 'request_malformed'],
    ['a bare LF in the request line', `GET /details HTTP/1.1\nHost: a\n${KEY}\n`, 400, 'request_malformed'],
    ['a bare LF between headers', `${LINE}Host: a\nX: b\r\n\r\n`, 400, 'request_malformed'],
    ['a bare CR between headers', `${LINE}Host: a\rX: b\r\n\r\n`, 400, 'request_malformed'],
    ['a folded header', `${LINE}Host: a\r\nX: b\r\n c\r\n\r\n`, 400, 'request_malformed'],
    ['a blank before a colon', `${LINE}Host : a\r\n\r\n`, 400, 'request_malformed'],
    ['a NUL in a header', `${LINE}Host: a\r\nX: a\0b\r\n\r\n`, 400, 'request_malformed'],
    [
      'both lengths',
      `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'request_malformed',
    ],
    [
      'both lengths, the other way round',
      `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
      400,
      'request_malformed',
    ],
    ['two lengths', `${HEAD}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`, 400, 'request_malformed'],
    [
      'the same length twice',
      `${HEAD}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc`,
      400,
      'request_malformed',
    ],
    ['a list of lengths', `${HEAD}Content-Length: 3, 3\r\n\r\nabc`, 400, 'request_malformed'],
    ['a length with a sign', `${HEAD}Content-Length: +3\r\n\r\nabc`, 400, 'request_malformed'],
    ['a length below zero', `${HEAD}Content-Length: -3\r\n\r\nabc`, 400, 'request_malformed'],
    [
      'a coding that is none',
      `${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
      400,
      'request_malformed',
    ],
    [
      'chunked before another coding',
      `${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
      400,
      'request_malformed',
    ],
    [
      'another coding before chunked',
      `${HEAD}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      400,
      'request_malformed',
    ],
    [
      'chunked behind a vertical tab',
      `${HEAD}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`,
      400,
      'request_malformed',
    ],
    [
      'chunked twice',
      `${HEAD}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'request_malformed',
    ],
    [
      'a blank before the coding’s colon',
      `${HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n`,
      400,
      'request_malformed',
    ],
    [
      'chunked in HTTP/1.0',
      `POST /orders HTTP/1.0\r\nHost: a\r\n${KEY}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      400,
      'request_malformed',
    ],
    [
      'headers that are too large',
      `${LINE}Host: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'headers that are too many',
      `${LINE}Host: a\r\n${'a: b\r\n'.repeat(250)}\r\n`,
      431,
      'headers_too_large',
    ],
    [
      'a target that is too long',
      `GET /${'a'.repeat(9000)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      414,
      'uri_too_long',
    ],
    [
      'a target that is longer than all may be',
      `GET /${'a'.repeat(40_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      414,
      'uri_too_long',
    ],
    [
      'a tunnel',
      `CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n${KEY}\r\n`,
      400,
      'path_ambiguous',
    ],
    [
      'a WebSocket',
      `${LINE}Host: a\r\n${KEY}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      426,
      'upgrade_refused',
    ],
    [
      'another protocol, with a body',
      `${HEAD}Connection: Upgrade\r\nUpgrade: foo\r\nContent-Length: 3\r\n\r\nabc`,
      426,
      'upgrade_refused',
    ],
    [
      'an unknown expectation',
      `${HEAD}Expect: tea\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc`,
      417,
      'expectation_failed',
    ],
    [
      '100-continue among others',
      `${HEAD}Expect: 100-continue, tea\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc`,
      417,
      'expectation_failed',
    ],
  ])('%s', async (_, request, status, code) => {
    const answer = readAnswer(await sendRaw(sidecar.port, Buffer.from(request, 'latin1')));
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(answer.head).toMatch(/^content-type: application\/problem\+json/im);
    expect(answer.head).toMatch(/^connection: (close|upgrade)/im);
    expect(answer.body.endsWith('}')).toBe(true);
    expect(sidecar.upstreamRequests).toEqual([]);
    const decisions = sidecar.lines.map((line) => JSON.parse(line));
    expect(decisions).toEqual([expect.objectContaining({ msg: 'decision', code, status })]);
    expect(answer.body).toContain(decisions[0].decisionId);
  });
});
