import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Route, Upstream } from '../../../src/model/route.ts';
import { upstreamHeaders } from '../../../src/sidecar/forward/upstream-request.ts';
import { ask, converse } from '../clients.ts';
import { OWNER, type Proxy, startProxy, startUpstream } from '../proxy-fixture.ts';
import { filtered, route, upstream } from '../routes.ts';

type Heard = Pick<IncomingMessage, 'method' | 'url' | 'headers' | 'rawHeaders'>;

/** A proxy before a backend that answers every request alike, and writes down what it heard. */
async function startHearing(
  changes: Partial<Upstream> = {},
  more: Partial<Route> = {},
  base = '',
): Promise<Proxy & { heard: Heard[] }> {
  const heard: Heard[] = [];
  const backend = await startUpstream(({ method, url, headers, rawHeaders }, response) => {
    heard.push({ method, url, headers, rawHeaders });
    response.writeHead(200, { 'content-type': 'application/json' }).end('[{"owner":"10001"}]');
  });
  const to = upstream(backend.url + base, changes);
  const proxy = await startProxy([
    route('GET /filtered', to, { query: ['page', 'q'], ...more }),
    route('GET /unfiltered', to, { query: ['page', 'q'], ...more, response: 'unfiltered' }),
    route('GET /objects/{id}', to, { response: filtered('$') }),
  ]);
  return { ...proxy, heard };
}

const kinds = ['filtered', 'unfiltered'];

describe.each(kinds)('to the upstream of a %s route', (kind) => {
  it('goes the canonical path under its base path, and the query without the key', async () => {
    const proxy = await startHearing({}, {}, '/base/');
    await ask(`${proxy.url}/${kind}?page=2&subscription-key=${OWNER}&q=a%20b`, { headers: {} });
    expect(proxy.heard.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `GET /base/${kind}?page=2&q=a%20b`,
    ]);
  });

  it('go listed headers, and none that is not listed', async () => {
    const proxy = await startHearing();
    await ask(`${proxy.url}/${kind}`, {
      headers: {
        'accept-language': 'nb',
        'user-agent': 'robot/1',
        accept: 'text/csv',
        authorization: 'Bearer x',
        cookie: 'a=b',
        'x-forwarded-for': '10.0.0.1',
        'if-none-match': '"1"',
        range: 'bytes=0-1',
        te: 'trailers',
      },
    });
    const [heard] = proxy.heard;
    expect(Object.keys(heard?.headers ?? {}).sort()).toEqual([
      'accept',
      'accept-encoding',
      'accept-language',
      'connection',
      'forwarded',
      'fullmakt-identity',
      'host',
      'user-agent',
      'x-forwarded-for',
      'x-forwarded-proto',
    ]);
    expect(heard?.headers).toMatchObject({
      accept: kind === 'filtered' ? 'application/json' : '*/*',
      'accept-encoding': 'identity',
      'accept-language': 'nb',
      'user-agent': 'robot/1',
    });
  });

  it('goes no key, wherever the caller put it and whatever is listed', async () => {
    const proxy = await startHearing({ requestHeaders: ['ocp-apim-subscription-key', 'user-agent'] });
    await ask(`${proxy.url}/${kind}?subscription-key=${OWNER}`);
    expect(JSON.stringify(proxy.heard)).not.toContain(OWNER);
  });

  it('goes its own host, never the caller’s', async () => {
    const proxy = await startHearing({ requestHeaders: ['host', 'forwarded'] });
    await ask(`${proxy.url}/${kind}`, { headers: { host: 'evil.example' } });
    expect(proxy.heard[0]?.headers.host).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  it('goes one identity, signed for it, never the caller’s', async () => {
    const proxy = await startHearing({ requestHeaders: ['fullmakt-identity'] });
    await ask(`${proxy.url}/${kind}`, { headers: { 'Fullmakt-Identity': 'forged' } });
    const token = String(proxy.heard[0]?.headers['fullmakt-identity']);
    const { payload } = await jwtVerify(token, createLocalJWKSet(proxy.signer.jwks), {
      issuer: 'fullmakt',
      audience: 'products',
    });
    expect(payload.sub).toBe('owner');
    expect(
      proxy.heard[0]?.rawHeaders.filter((name) => name.toLowerCase() === 'fullmakt-identity'),
    ).toHaveLength(1);
  });

  it('goes no header that the caller named in Connection', async () => {
    const proxy = await startHearing();
    await converse(
      proxy.port,
      `GET /${kind} HTTP/1.1\r\nHost: a\r\nOcp-Apim-Subscription-Key: ${OWNER}\r\nUser-Agent: x\r\nAccept-Language: nb\r\nConnection: close, User-Agent, Fullmakt-Identity\r\n\r\n`,
    );
    expect(proxy.heard[0]?.headers).not.toHaveProperty('user-agent');
    expect(proxy.heard[0]?.headers).toMatchObject({
      'accept-language': 'nb',
      'fullmakt-identity': expect.stringMatching(/^ey/),
    });
  });
});

it.each(kinds)('conditions and ranges stay behind on a %s route though they are listed', async (kind) => {
  const listed = [
    'if-none-match',
    'if-modified-since',
    'if-range',
    'range',
    'if-match',
    'if-unmodified-since',
  ];
  const proxy = await startHearing({ requestHeaders: [...listed, 'accept', 'accept-encoding'] });
  await ask(`${proxy.url}/${kind}`, {
    headers: {
      ...Object.fromEntries(listed.map((name) => [name, 'x'])),
      accept: 'x',
      'accept-encoding': 'x',
    },
  });
  for (const name of listed) expect(proxy.heard[0]?.headers).not.toHaveProperty(name);
  expect(proxy.heard[0]?.headers).toMatchObject({
    accept: kind === 'filtered' ? 'application/json' : '*/*',
    'accept-encoding': 'identity',
  });
});

it('HEAD on a filtered route asks the upstream for the items, on an unfiltered one it goes as it is', async () => {
  const proxy = await startHearing();
  await ask(`${proxy.url}/filtered`, { method: 'HEAD' });
  await ask(`${proxy.url}/unfiltered`, { method: 'HEAD' });
  expect(proxy.heard.map(({ method }) => method)).toEqual(['GET', 'HEAD']);
});

it('a path parameter goes percent-encoded as the caller meant it', async () => {
  const proxy = await startHearing();
  await ask(`${proxy.url}/objects/a%20b`);
  expect(proxy.heard[0]?.url).toBe('/objects/a%20b');
});

it.each(kinds)('a body on a %s route that takes none reaches no upstream', async (kind) => {
  const proxy = await startHearing();
  const answer = await ask(`${proxy.url}/${kind}`, { headers: { 'content-length': '2' }, body: '[]' });
  expect(answer.status).toBe(400);
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'body_malformed' });
  expect(proxy.heard).toEqual([]);
});

it('a token that tells who calls stays here, even where the header is listed for callers with keys', () => {
  const to = upstream('https://backend.example', { requestHeaders: ['authorization'] });
  const jwks = new URL('https://login.example/jwks');
  const bearer = { name: 'gateway', issuer: 'i', audience: 'a', jwks, clockSkew: 0 };
  const incoming = new IncomingMessage(new Socket());
  incoming.headers = { authorization: 'Bearer x' };
  const passed = (changes: Partial<Route>) =>
    upstreamHeaders({ incoming, route: route('GET /', to, changes) }, 'token', 'key')['authorization'];
  expect(passed({ bearer })).toBeUndefined();
  expect(passed({})).toBe('Bearer x');
});
