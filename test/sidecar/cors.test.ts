import { describe, expect, it } from 'vitest';
import type { Cors } from '../../src/model/route.ts';
import { type Asked, ask, converse } from './clients.ts';
import { OWNER, type Proxy, startProxy, startUpstream } from './proxy-fixture.ts';
import { filtered, route, upstream } from './routes.ts';

const APP = 'https://app.example';
const CORS: Cors = {
  origins: [APP, 'http://localhost:5173'],
  headers: ['x-requested-with'],
  maxAge: 600_000,
  credentials: false,
};
const KEY = 'ocp-apim-subscription-key';

interface CorsProxy extends Proxy {
  readonly reached: string[];
}

/** A proxy before a backend that says in CORS's words that anybody may read everything. */
async function start(cors: Partial<Cors> = {}): Promise<CorsProxy> {
  const reached: string[] = [];
  const backend = await startUpstream((request, response) => {
    reached.push(`${request.method} ${request.url}`);
    response.writeHead(200, {
      'content-type': 'application/json',
      'access-control-allow-origin': '*',
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': 'x-secret',
      vary: 'Accept-Language',
    });
    response.end('[{"owner":"10001"}]');
  });
  const to = upstream(backend.url);
  const allowed = { cors: { ...CORS, ...cors } };
  const proxy = await startProxy([
    route('GET /list', to, {
      ...allowed,
      query: ['page'],
      response: filtered('$[*]', { headers: ['x-total-count'] }),
    }),
    route('GET /open', to, { ...allowed, response: 'unfiltered' }),
    route('PUT /list', to, { request: 'unchecked', response: 'unfiltered', ...allowed }),
    route('GET /closed', to, { response: 'unfiltered' }),
    route('OPTIONS /closed', to, { response: 'unfiltered' }),
  ]);
  return { ...proxy, reached };
}

function preflight(origin: string, method = 'GET', headers?: string): Asked {
  const names = headers === undefined ? {} : { 'Access-Control-Request-Headers': headers };
  return {
    method: 'OPTIONS',
    key: '',
    headers: { Origin: origin, 'Access-Control-Request-Method': method, ...names },
  };
}

function corsOf(headers: NodeJS.Dict<string | string[]>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => /^access-control-|^vary$/.test(name)));
}

describe('a preflight', () => {
  it('is answered from the configuration, without a key and without the upstream', async () => {
    const proxy = await start();
    const { status, headers, body } = await ask(
      `${proxy.url}/list?page=2`,
      preflight(APP, 'GET', `${KEY},X-Requested-With`),
    );
    expect([status, body]).toEqual([204, '']);
    expect(corsOf(headers)).toEqual({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': `${KEY}, accept-language, content-type, user-agent, traceparent, tracestate, x-requested-with`,
      'access-control-max-age': '600',
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    });
    expect(proxy.reached).toEqual([]);
    expect(proxy.decisions).toMatchObject([
      { code: 'preflight', status: 204, route: 'GET /list', userId: undefined },
    ]);
  });

  it.each([
    ['PUT', 'PUT'],
    ['HEAD', 'GET, HEAD'],
  ])('for %s is about the route of that method', async (method, allowed) => {
    const proxy = await start();
    const { status, headers } = await ask(`${proxy.url}/list`, preflight(APP, method));
    expect([status, headers['access-control-allow-methods']]).toEqual([204, allowed]);
  });

  it.each([
    ['a page of another origin', preflight('https://evil.example')],
    ['a page without an origin', preflight('null')],
    ['an origin in another spelling', preflight('https://APP.example')],
    ['the origin over http', preflight('http://app.example')],
    ['a header that is not named', preflight(APP, 'GET', `${KEY}, cookie`)],
  ])('of %s is refused, and no page is let in', async (_, asked) => {
    const proxy = await start();
    const { status, headers, body } = await ask(`${proxy.url}/list`, asked);
    expect([status, JSON.parse(body).code]).toEqual([403, 'origin_refused']);
    expect(headers).not.toHaveProperty('access-control-allow-methods');
    expect(proxy.reached).toEqual([]);
  });

  it.each([
    ['a method that the path does not have', '/list', 'DELETE', 405],
    ['a route without cors', '/open/none', 'GET', 404],
  ])('for %s is a request like others', async (_, path, method, status) => {
    const proxy = await start();
    const answer = await ask(proxy.url + path, preflight(APP, method));
    expect(answer.status).toBe(status);
    expect(answer.headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('for a route without cors needs a key, where the path has OPTIONS', async () => {
    const proxy = await start();
    const asked = preflight(APP);
    expect((await ask(`${proxy.url}/closed`, asked)).status).toBe(401);
    expect((await ask(`${proxy.url}/closed`, { ...asked, key: OWNER })).status).toBe(200);
    expect(proxy.reached).toEqual(['OPTIONS /closed']);
  });
});

describe('an answer', () => {
  it.each([
    ['/list', 'link, retry-after, x-total-count', 'Origin'],
    ['/open', '*', 'Accept-Language, Origin'],
  ])(
    'of %s may be read by a page that is let in, as the configuration says and not the upstream',
    async (path, exposed, vary) => {
      const proxy = await start();
      const { status, headers } = await ask(proxy.url + path, { headers: { origin: APP } });
      expect(status).toBe(200);
      expect(corsOf(headers)).toEqual({
        'access-control-allow-origin': APP,
        'access-control-expose-headers': exposed,
        vary,
      });
    },
  );

  it.each(['/list', '/open'])(
    'of %s may be read by no other page, and still varies with the origin',
    async (path) => {
      const proxy = await start();
      for (const asked of [{ headers: { origin: 'https://evil.example' } }, {}]) {
        const { status, headers } = await ask(proxy.url + path, asked);
        expect(status).toBe(200);
        expect(corsOf(headers)).toEqual({ vary: expect.stringMatching(/(^|, )Origin$/) });
      }
    },
  );

  it('says that credentials may come along where the route says so', async () => {
    const proxy = await start({ credentials: true });
    for (const asked of [preflight(APP), { headers: { origin: APP } }])
      expect((await ask(`${proxy.url}/list`, asked)).headers['access-control-allow-credentials']).toBe(
        'true',
      );
  });

  it('of a route without cors passes what the upstream says of pages', async () => {
    const proxy = await start();
    const { headers } = await ask(`${proxy.url}/closed`, { headers: { origin: APP } });
    expect(headers['access-control-allow-origin']).toBe('*');
  });
});

it.each([
  ['for want of a key', '/list', { key: '' }, 401],
  ['of a query', '/list?x=1', {}, 400],
])('a refusal %s may be read by a page that is let in', async (_, target, asked, status) => {
  const proxy = await start();
  const answer = await ask(proxy.url + target, { ...asked, headers: { origin: APP } });
  expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([status, APP]);
});

it('a refusal below HTTP may be read by a page that is let in', async () => {
  const proxy = await start();
  const head = `PUT /list HTTP/1.1\r\nHost: a\r\nOrigin: ${APP}\r\nOcp-Apim-Subscription-Key: ${OWNER}\r\n`;
  const { bytes } = await converse(proxy.port, `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n`);
  expect(bytes).toMatch(/^HTTP\/1\.1 400 /);
  expect(bytes).toContain(`access-control-allow-origin: ${APP}\r\n`);
});
