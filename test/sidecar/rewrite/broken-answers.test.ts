import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Upstream } from '../../../src/model/route.ts';
import { converse, getHead, type Transcript } from '../clients.ts';
import { type Proxy, startProxy, startRawUpstream } from '../proxy-fixture.ts';
import { filtered, route, upstream } from '../routes.ts';

const HEAD = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';
const MINE = '{"owner":"10001","stock":6500}';
/** More than what is held back before an answer begins. */
const LONG = `[${`${MINE},`.repeat(3000)}`;
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;

type Ending = 'end' | 'reset' | 'stay';

/**
 * What a client gets from a filtered list of an upstream that answers with these bytes.
 * @param rest is sent once the client has the beginning of its answer
 */
async function answerTo(
  bytes: string,
  ending: Ending,
  { rest, ...changes }: Partial<Upstream> & { rest?: string } = {},
): Promise<Transcript> {
  const { promise: begun, resolve: onBegin } = Promise.withResolvers<void>();
  const proxy = await startBroken(bytes, ending, changes, rest === undefined ? undefined : { rest, begun });
  return converse(proxy.port, getHead('/list'), onBegin);
}

async function startBroken(
  bytes: string,
  ending: Ending,
  changes: Partial<Upstream> = {},
  later?: { readonly rest: string; readonly begun: Promise<void> },
): Promise<Proxy> {
  const backend = await startRawUpstream(async (socket) => {
    socket.write(bytes, 'latin1');
    if (later !== undefined) {
      await later.begun;
      socket.write(later.rest, 'latin1');
    }
    if (ending === 'end') socket.end();
    else if (ending === 'reset') socket.resetAndDestroy();
  });
  const to = upstream(backend.url, changes);
  return startProxy([route('GET /list', to), route('GET /object', to, { response: filtered('$') })]);
}

function isWhole({ bytes }: Transcript): boolean {
  return bytes.endsWith('0\r\n\r\n') || /content-length/i.test(bytes);
}

describe('an answer that breaks while it is held is a clean 502', () => {
  it.each<[string, string, Ending]>([
    ['its length is not reached', `${HEAD}Content-Length: 100\r\n\r\n[${MINE}]`, 'end'],
    ['its chunks are cut', `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk(`[${MINE}]`)}`, 'end'],
    [
      'its chunks are cut by a reset',
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk(`[${MINE}]`)}`,
      'reset',
    ],
    ['its chunks are no chunks', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n[${MINE}]`, 'stay'],
    ['its text is cut, whose end is the connection’s', `${HEAD}\r\n[${MINE},`, 'end'],
    ['its text goes on after its end', `${HEAD}\r\n[${MINE}]]`, 'end'],
    [
      'it has two lengths',
      `${HEAD}Content-Length: ${MINE.length + 2}\r\nContent-Length: 5\r\n\r\n[${MINE}]`,
      'stay',
    ],
    [
      'it has a length and chunks',
      `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(`[${MINE}]`)}0\r\n\r\n`,
      'stay',
    ],
    ['its head is no HTTP', 'HTTP/1.1 200 OK\r\nContent Type: application/json\r\n\r\n[]', 'stay'],
    ['its head is endless', `${HEAD}${'X-Pad: x\r\n'.repeat(20_000)}`, 'stay'],
    ['it is HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'stay'],
    [
      'it changes protocols',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n[]',
      'stay',
    ],
  ])('when %s', async (_, bytes, ending) => {
    const answer = await answerTo(bytes, ending);
    expect(answer.bytes).toMatch(/^HTTP\/1\.1 502 /);
    expect(answer.bytes).not.toContain('10001');
    expect(answer.ending).toBe('closed');
  });
});

describe('an answer that breaks once it has begun is reset', () => {
  const chunked = `${HEAD}Transfer-Encoding: chunked\r\n\r\n${chunk(LONG)}`;
  const counted = `${HEAD}Content-Length: 999999\r\n\r\n${LONG}`;
  const plain = `${HEAD}\r\n${LONG}`;

  it.each<[string, string, string, Ending]>([
    ['the upstream closes early', chunked, '', 'end'],
    ['the upstream resets', chunked, '', 'reset'],
    ['the upstream sends chunks that are none', chunked, 'zz\r\n', 'stay'],
    ['the upstream closes before its length', counted, '', 'end'],
    ['the upstream closes before its length though the text is whole', counted, `${MINE}]`, 'end'],
    ['the text is cut', plain, '', 'end'],
    ['the text turns to garbage', plain, '{]', 'stay'],
    ['the text goes on after its end', plain, `${MINE}] {}`, 'end'],
    ['the text is no longer UTF-8', plain, '{"owner":"10001","name":"\xff"}]', 'end'],
  ])('when %s', async (_, bytes, rest, ending) => {
    const answer = await answerTo(bytes, ending, { rest });
    expect(answer.bytes).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.bytes).toContain(MINE);
    expect(isWhole(answer)).toBe(false);
    expect(answer.ending).toBe('reset');
  });

  it('and written down as such', async () => {
    const { promise: begun, resolve: onBegin } = Promise.withResolvers<void>();
    const proxy = await startBroken(plain, 'stay', {}, { rest: '{]', begun });
    await converse(proxy.port, getHead('/list'), onBegin);
    expect(proxy.decisions).toMatchObject([
      { code: 'response_unfilterable', status: undefined, reason: expect.stringMatching(/\w/) },
    ]);
    expect(JSON.stringify(proxy.decisions) + proxy.log()).not.toContain('10001');
  });
});

describe('an answer whose end is its connection’s', () => {
  it('passes if its text is whole', async () => {
    const answer = await answerTo(`${HEAD}\r\n[${MINE}]`, 'end');
    expect(answer.bytes).toContain(`\r\n\r\n[${MINE}]`);
  });
});

describe('an upstream that is silent', () => {
  it('at first, in its head or in what is held of its body is a 504', async () => {
    const silences = ['', 'HTTP/1.1 200 OK\r\nContent-Type:', `${HEAD}Content-Length: 100\r\n\r\n[${MINE},`];
    const answers = await Promise.all(silences.map((bytes) => answerTo(bytes, 'stay', { timeout: 50 })));
    for (const answer of answers) {
      expect(answer.bytes).toMatch(/^HTTP\/1\.1 504 /);
      expect(answer.bytes).toContain('"code":"upstream_timeout"');
    }
  });

  it('once its answer has begun is a reset', async () => {
    const answer = await answerTo(`${HEAD}\r\n${LONG}`, 'stay', { timeout: 50, rest: '' });
    expect(answer.bytes).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.ending).toBe('reset');
    expect(isWhole(answer)).toBe(false);
  });
});

describe('an upstream that cannot be reached is a 502', () => {
  it('when nobody listens', async () => {
    const proxy = await startProxy([route('GET /list', upstream('http://127.0.0.1:1'))]);
    const answer = await converse(proxy.port, getHead('/list'));
    expect(answer.bytes).toMatch(/^HTTP\/1\.1 502 /);
    expect(answer.bytes).toContain('"code":"upstream_unreachable"');
    expect(proxy.decisions).toMatchObject([{ reason: 'the upstream: ECONNREFUSED' }]);
    expect(answer.bytes + proxy.log()).not.toContain('127.0.0.1');
  });

  it.each<Ending>(['end', 'reset'])('when it hangs up at once (%s)', async (ending) => {
    const answer = await answerTo('', ending);
    expect(answer.bytes).toMatch(/^HTTP\/1\.1 502 /);
    expect(answer.bytes).toContain('"code":"upstream_unreachable"');
  });
});

describe('informational answers are dropped', () => {
  it('and the final one passes', async () => {
    const early = 'HTTP/1.1 103 Early Hints\r\nLink: </secret>; rel=preload\r\n\r\n';
    const answer = await answerTo(`${early}${HEAD}\r\n[${MINE}]`, 'end');
    expect(answer.bytes).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.bytes).not.toContain('secret');
  });
});

it('trailers are dropped', async () => {
  const answer = await answerTo(
    `${HEAD}Transfer-Encoding: chunked\r\nTrailer: X-Total\r\n\r\n${chunk(`[${MINE}]`)}0\r\nX-Total: 66000\r\n\r\n`,
    'stay',
  );
  expect(answer.bytes).toContain(MINE);
  expect(answer.bytes).not.toMatch(/total/i);
});

it('bytes after an answer’s end never reach the next caller', async () => {
  const smuggled = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 37\r\n\r\n[{"owner":"10001","smuggled":"yes"}]`;
  const proxy = await startBroken(
    `${HEAD}Content-Length: ${MINE.length + 2}\r\n\r\n[${MINE}]${smuggled}`,
    'stay',
  );
  for (let count = 0; count < 3; count += 1) {
    const answer = await converse(proxy.port, getHead('/list'));
    expect(answer.bytes).toContain(`[${MINE}]`);
    expect(answer.bytes).not.toContain('smuggled');
    await sleep(5);
  }
});

describe('to an HTTP/1.0 client', () => {
  it('an answer goes with its length if it is small', async () => {
    const proxy = await startBroken(`${HEAD}\r\n[${MINE}]`, 'end');
    const answer = await converse(proxy.port, getHead('/list', '1.0'));
    expect(answer.bytes).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.bytes).toMatch(/content-length: 32\r\n/i);
    expect(answer.bytes).not.toMatch(/transfer-encoding/i);
  });

  it('a small answer goes though the upstream’s is long', async () => {
    const hidden = '{"owner":"10002","stock":6500},'.repeat(5000);
    const proxy = await startBroken(`${HEAD}\r\n[${hidden}${MINE}]`, 'end');
    const answer = await converse(proxy.port, getHead('/list', '1.0'));
    expect(answer.bytes).toMatch(/content-length: 32\r\n/i);
  });

  it.each([
    ['a long list', '/list', `${LONG}${MINE}]`],
    ['a long object', '/object', `{"owner":"10001","text":"${'x'.repeat(70_000)}"}`],
  ])('%s is refused', async (_, path, body) => {
    const proxy = await startBroken(`${HEAD}\r\n${body}`, 'end');
    const answer = await converse(proxy.port, getHead(path, '1.0'));
    expect(answer.bytes).toMatch(/^HTTP\/1\.1 505 /);
    expect(answer.bytes).toContain('"code":"version_unsupported"');
  });
});
