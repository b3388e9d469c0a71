import { describe, expect, it } from 'vitest';
import type { Expectation } from '../../src/conformance/case.ts';
import type { Answer, Reply } from '../../src/conformance/client.ts';
import type { ReachedRequest } from '../../src/conformance/hostile-upstream.ts';
import { readHead } from '../../src/conformance/http-message.ts';
import { judge } from '../../src/conformance/judge.ts';

const texts = new Map([['own', '{"owner":"10001"}']]);

function expectation(changes: Partial<Expectation>): Expectation {
  return { answer: ['own'], lacks: [], lacksText: [], unstorable: false, ...changes };
}

function reply(changes: Partial<Answer> = {}, ending: Reply['ending'] = 'open'): Reply {
  const body = Buffer.from('[{"owner":"10001"}]');
  const fields = [['Content-Type', 'application/json']] as const;
  const answer = { status: 200, startLine: 'HTTP/1.1 200 OK', fields, trailers: [], whole: true, faults: [] };
  const answers = [{ ...answer, body, ...changes }];
  return { bytes: answers[0]?.body ?? body, answers, ending };
}

function reached(head: string, faults: string[] = []): ReachedRequest {
  const bytes = Buffer.from(`${head}\r\n\r\n`);
  return { head: readHead(bytes, 0), bytes, body: Buffer.alloc(0), whole: true, faults };
}

const faultsOf = (
  expected: Partial<Expectation>,
  got: Reply,
  requests: readonly ReachedRequest[] = [],
): readonly string[] => judge(expectation(expected), { reply: got, reached: requests }, texts);

describe('an answer', () => {
  it('holds that is of one of the forms', () => {
    expect(faultsOf({}, reply())).toEqual([]);
    expect(faultsOf({ answer: ['refused', 'own'] }, reply())).toEqual([]);
    expect(faultsOf({ answer: ['nothing'] }, reply({ body: Buffer.from(' [ ]') }))).toEqual([]);
    expect(faultsOf({ answer: ['refused'] }, reply({ status: 502 }))).toEqual([]);
    expect(
      faultsOf({ answer: [{ status: ['4xx'], contains: [], has: [] }] }, reply({ status: 404 })),
    ).toEqual([]);
  });

  it('falls short that is of none of them, and tells why', () => {
    expect(faultsOf({}, reply({ status: 304 }))).toEqual(['not what it should be (status 304)']);
    expect(faultsOf({}, reply({ body: Buffer.from('[]') }))).toEqual([
      'not what it should be (another body)',
    ]);
    expect(faultsOf({ answer: ['cut'] }, reply())).toEqual(['not what it should be (it looks whole)']);
  });

  it('that broke off is none but where it may', () => {
    const broken = reply({ whole: false }, 'reset');
    expect(faultsOf({ answer: ['cut'] }, broken)).toEqual([]);
    expect(faultsOf({}, broken)).toEqual(['not what it should be (no whole answer)']);
  });

  it('that does not come is none, even where one may break off', () => {
    const late = { bytes: Buffer.alloc(0), answers: [], ending: 'late' } as const;
    expect(faultsOf({ answer: ['cut'] }, late)).toEqual(['no answer in time']);
  });

  it.each([
    ['with two ends', reply({ faults: ['it has both a length and a transfer coding'] })],
    ['that a cache may keep', reply({ fields: [['Cache-Control', 'max-age=5']] })],
    ['that a cache keeps unasked', reply()],
    [
      'with a header that it must not have',
      reply({
        fields: [
          ['etag', '"x"'],
          ['cache-control', 'no-store'],
        ],
      }),
    ],
    ['with such a trailer', reply({ trailers: [['ETag', '"x"']], fields: [['cache-control', 'no-store']] })],
  ])('%s falls short', (_, got) => {
    expect(faultsOf({ unstorable: true, lacks: ['ETag'] }, got)).toHaveLength(
      got.answers[0]?.faults.length === 1 ? 2 : 1,
    );
  });

  it.each(['no-store', 'private', 'no-cache'])('that says %s is not for caches', (directive) => {
    expect(faultsOf({ unstorable: true }, reply({ fields: [['Cache-Control', directive]] }))).toEqual([]);
  });
});

describe('what reached the upstream', () => {
  it('falls short where nothing was to reach it', () => {
    expect(faultsOf({ reaches: 0 }, reply(), [reached('GET / HTTP/1.1')])).toEqual([
      'the upstream got the request',
    ]);
    expect(faultsOf({ reaches: 1 }, reply(), [reached('GET / HTTP/1.1')])).toEqual([]);
  });

  it('falls short that two servers could read differently, whatever the case says', () => {
    const ambiguous = reached('GET / HTTP/1.1', ['a line ends with a bare LF']);
    expect(faultsOf({}, reply(), [ambiguous])).toEqual([
      'the upstream got a request to be read in two ways: a line ends with a bare LF',
    ]);
  });

  it('falls short in its target, its headers and its text', () => {
    const forwarded = { target: '/a', lacks: ['TE', 'X: 1'], lacksText: ['secret'] };
    const requests = [reached('GET /b HTTP/1.1\r\nTE: gzip\r\nX: 2\r\nY: SECRET')];
    expect(faultsOf({ forwarded }, reply(), requests)).toEqual([
      'the upstream was asked for /b',
      'the upstream got TE',
      'the upstream got the text secret',
    ]);
  });
});
