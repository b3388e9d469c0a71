import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { KEYS, type RunningSidecar, readAnswer, runSidecar, sendRaw } from './running-sidecar.ts';

let sidecar: RunningSidecar;
beforeAll(async () => {
  sidecar = await runSidecar('test/sidecar/choosy-policy');
});
afterAll(() => sidecar.close());
afterEach(() => sidecar.forget());

const HEADER = 'Ocp-Apim-Subscription-Key';
const OWNER = `${HEADER}: ${KEYS.owner}`;

/** One request on a connection of its own; the first line of the target may be anything. */
async function send(target: string, headers: readonly string[] = [OWNER], method = 'GET', body = '') {
  const head = [`${method} ${target} HTTP/1.1`, 'Host: a', 'Connection: close', ...headers];
  return readAnswer(await sendRaw(sidecar.port, `${head.join('\r\n')}\r\n\r\n${body}`));
}

function decisions(): unknown[] {
  return sidecar.lines.map((line) => JSON.parse(line));
}

/** What the policy was told, as it tells the log for the wish `context`. */
function contextTold(): unknown {
  expect(sidecar.lines).toHaveLength(1);
  return JSON.parse(JSON.parse(sidecar.lines[0] ?? '').reason);
}

describe('a request without one good key never reaches the upstream:', () => {
  it.each([
    ['no key', '/details', [], 401, 'key_missing'],
    ['an empty key', '/details', [`${HEADER}:`], 401, 'key_missing'],
    ['an empty key in the query', '/details?subscription-key=', [], 401, 'key_missing'],
    ['a key of nobody', '/details', [`${HEADER}: nobodys-key-0000000001`], 401, 'key_invalid'],
    ['a key that is too short', '/details', [`${HEADER}: short`], 401, 'key_invalid'],
    ['a key that is too long', '/details', [`${HEADER}: ${'k'.repeat(257)}`], 401, 'key_invalid'],
    ['a key with a space', '/details', [`${HEADER}: ${KEYS.owner} x`], 401, 'key_invalid'],
    ['a key in capitals', '/details', [`${HEADER}: ${KEYS.owner.toUpperCase()}`], 401, 'key_invalid'],
    ['the key of another API product', '/details', [`${HEADER}: ${KEYS.ownerOpen}`], 401, 'key_invalid'],
    ['a key under another name', '/details', [`Authorization: ${KEYS.owner}`], 401, 'key_missing'],
    ['a key twice', '/details', [OWNER, OWNER], 400, 'key_ambiguous'],
    ['two keys', '/details', [OWNER, `${HEADER}: ${KEYS.stranger}`], 400, 'key_ambiguous'],
    ['two keys, the second in small letters', '/details', [OWNER, OWNER.toLowerCase()], 400, 'key_ambiguous'],
    ['another key in the query', `/details?subscription-key=${KEYS.stranger}`, [OWNER], 400, 'key_ambiguous'],
    [
      'an empty key beside one in the query',
      `/details?subscription-key=${KEYS.owner}`,
      [`${HEADER}:`],
      400,
      'key_ambiguous',
    ],
    [
      'a key twice in the query',
      `/details?subscription-key=${KEYS.owner}&subscription-key=${KEYS.owner}`,
      [],
      400,
      'key_ambiguous',
    ],
  ])('%s', async (_, target, headers, status, code) => {
    const answer = await send(target, headers);
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(
      /^www-authenticate: SubscriptionKey realm="api", header="Ocp-Apim-Subscription-Key"/im.test(
        answer.head,
      ),
    ).toBe(status === 401);
    expect(sidecar.upstreamRequests).toEqual([]);
    expect(decisions()).toEqual([expect.objectContaining({ code, status, route: 'GET /details' })]);
    expect(sidecar.lines.join()).not.toContain(KEYS.owner);
  });
});

it('a key of nobody and a key of another API product get the same answer but for its id', async () => {
  const bodies = await Promise.all(
    ['nobodys-key-0000000001', KEYS.ownerOpen].map((key) => send('/details', [`${HEADER}: ${key}`])),
  );
  const withoutId = bodies.map(({ body }) => body.replace(/"decisionId":"[^"]+"/, ''));
  expect(withoutId[0]).toBe(withoutId[1]);
});

describe('a good key passes', () => {
  it.each([
    ['in its header', '/details', [OWNER]],
    [
      'in its header, whatever its case',
      '/details',
      [OWNER.toUpperCase().replace(KEYS.owner.toUpperCase(), KEYS.owner)],
    ],
    ['the secondary one', '/details', [`${HEADER}: ${KEYS.ownerSecondary}`]],
    ['in the query', `/details?subscription-key=${KEYS.owner}`, []],
    ['in both, if it is the same', `/details?subscription-key=${KEYS.owner}`, [OWNER]],
  ])('%s', async (_, target, headers) => {
    const answer = await send(target, headers);
    expect([answer.status, answer.body]).toEqual([200, '[]']);
    expect(sidecar.upstreamRequests).toEqual(['GET /details']);
  });
});

describe('the route is found, or the request refused:', () => {
  it.each([
    ['a path that is no route', 'GET', '/a/b/c', 404, 'route_unknown', undefined],
    ['another method', 'PUT', '/details', 405, 'method_unknown', 'GET, HEAD'],
    ['another method, where there is no GET', 'GET', '/orders', 405, 'method_unknown', 'POST'],
    ['TRACE', 'TRACE', '/details', 405, 'method_unknown', 'GET, HEAD'],
    ['OPTIONS', 'OPTIONS', '/details', 405, 'method_unknown', 'GET, HEAD'],
    ['a path in another case', 'GET', '/Details', 400, 'path_ambiguous', undefined],
    ['a query parameter that is not listed', 'GET', '/details?productId=1', 400, 'query_unknown', undefined],
    [
      'a query parameter twice',
      'GET',
      '/details?maxResults=1&maxResults=1',
      400,
      'query_ambiguous',
      undefined,
    ],
  ])('%s', async (_, method, target, status, code, allow) => {
    const answer = await send(target, [OWNER], method);
    expect([answer.status, answer.code]).toEqual([status, code]);
    expect(/^allow: (.*)\r?$/im.exec(answer.head)?.[1]).toBe(allow);
    expect(sidecar.upstreamRequests).toEqual([]);
  });

  it.each(['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])('%s', async (header) => {
    expect(await send('/details', [OWNER, `${header}: DELETE`])).toMatchObject({ code: 'method_override' });
    expect(sidecar.upstreamRequests).toEqual([]);
  });

  it('a body where none belongs', async () => {
    const answer = await send('/details', [OWNER, 'Content-Length: 3'], 'GET', 'abc');
    expect([answer.status, answer.code]).toEqual([400, 'body_malformed']);
    expect(sidecar.upstreamRequests).toEqual([]);
  });
});

it('no odd path reaches the upstream, though a route takes any two segments', async () => {
  const table = z
    .record(z.string(), z.array(z.string()))
    .parse(parse(readFileSync(new URL('route/odd-paths.yaml', import.meta.url), 'utf8')));
  for (const target of Object.values(table).flat()) {
    const answer = await send(target);
    expect([target, answer.status]).toEqual([target, 400]);
    expect(answer.code).toMatch(/^(path_ambiguous|request_malformed)$/);
  }
  expect(sidecar.upstreamRequests).toEqual([]);
  expect((await send('/a/b')).status).toBe(200);
  expect(sidecar.upstreamRequests).toEqual(['GET /a/b']);
});

it('what goes upstream is the canonical path and query, without the key', async () => {
  await send(`/a%40b?subscription-key=${KEYS.owner}`);
  await send(`/details?maxResults=%35&subscription-key=${KEYS.owner}&changedSince=a+b`);
  await send(`/wishes/silent%2Dnot`);
  expect(sidecar.upstreamRequests).toEqual(['GET /a@b', 'GET /details?maxResults=5&changedSince=a%20b']);
});

describe('the policy', () => {
  it.each([
    [
      'says no without a public reason',
      'silent',
      403,
      'denied',
      'You may not make this request.',
      'of its own',
    ],
    ['says no with one', 'outspoken', 403, 'denied', 'Not on Sundays.', 'of its own'],
    [
      'answers oddly',
      'odd',
      500,
      'policy_failed',
      'The policy could not decide.',
      expect.stringContaining('allow'),
    ],
    [
      'does not answer',
      'unheard-of',
      500,
      'policy_failed',
      'The policy could not decide.',
      expect.any(String),
    ],
  ])(
    '%s: nothing is forwarded, and only the log tells why',
    async (_, wish, status, code, detail, reason) => {
      const answer = await send(`/wishes/${wish}`);
      expect([answer.status, answer.code, JSON.parse(answer.body).detail]).toEqual([status, code, detail]);
      expect(sidecar.upstreamRequests).toEqual([]);
      expect(decisions()).toEqual([expect.objectContaining({ code, reason, userId: expect.any(String) })]);
    },
  );

  it('is told the request, the identity and the time', async () => {
    await send('/wishes/context?b=1&a=x+y&b=2');
    expect(contextTold()).toEqual({
      request: {
        method: 'GET',
        path: '/wishes/context',
        api: 'details-normal',
        apiProduct: 'my-products',
        parameters: { wish: 'context' },
        query: { b: ['1', '2'], a: 'x y' },
        roleIds: ['DETAILS_READ'],
      },
      identity: {
        userId: expect.any(String),
        email: 'api@wholesaler.no',
        subscription: { id: expect.any(String), apiProduct: 'my-products' },
        owns: ['10001'],
        roleIds: [],
      },
      now: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  it('is asked about HEAD with the roles of GET', async () => {
    await send('/wishes/context', [OWNER], 'HEAD');
    expect(contextTold()).toMatchObject({ request: { method: 'HEAD', roleIds: ['DETAILS_READ'] } });
  });
});

it('a refused HEAD has the headers of the refusal and no body', async () => {
  const answer = await send('/a/b/c', [OWNER], 'HEAD');
  expect([answer.status, answer.body]).toEqual([404, '']);
  expect(answer.head).toMatch(/^content-length: [1-9]/im);
});

it('a refused upload is answered although its body is still on its way', async () => {
  const headers = [`${HEADER}: nobodys-key-0000000001`, 'Content-Length: 500000'];
  const answer = await send('/orders', headers, 'POST', 'x'.repeat(500_000));
  expect([answer.status, answer.code]).toEqual([401, 'key_invalid']);
  expect(answer.head).toMatch(/^connection: close/im);
});

it('a client that waits for 100 Continue is refused before it sends its body', async () => {
  const headers = { [HEADER]: 'nobodys-key-0000000001', 'Content-Length': 5, Expect: '100-continue' };
  const asked = request({ port: sidecar.port, method: 'POST', path: '/orders', headers });
  asked.flushHeaders();
  const [answer] = await once(asked, 'response');
  asked.destroy();
  expect(answer.statusCode).toBe(401);
});

it('a client that waits for 100 Continue gets it once its request is allowed', async () => {
  sidecar.answerWith((incoming, response) => void text(incoming).then((body) => response.end(`got ${body}`)));
  const raw = await sendRaw(
    sidecar.port,
    `POST /orders HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${OWNER}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello`,
  );
  expect(raw).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/);
  expect(raw).toContain('got hello');
});

it('a served request leaves one line, with its ids and without key, address or query', async () => {
  await send(`/details?changedSince=some-day&subscription-key=${KEYS.owner}`, [OWNER]);
  // It is written after the client has its answer, which is so for the test before, too.
  const ofThis = () => decisions().filter((line) => JSON.stringify(line).includes('GET /details'));
  await vi.waitFor(() => expect(ofThis()).toHaveLength(1));
  expect(ofThis()).toEqual([
    {
      level: 'info',
      time: expect.any(String),
      msg: 'decision',
      decisionId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      code: 'forwarded',
      status: 200,
      route: 'GET /details',
      method: 'GET',
      userId: expect.any(String),
      subscriptionId: expect.any(String),
      items: expect.objectContaining({ kept: 0, hidden: 0, faulty: 0 }),
      durationMs: expect.any(Number),
    },
  ]);
  expect(sidecar.lines.join()).not.toMatch(/some-day|owner-primary|wholesaler\.no/);
});
