import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { AddressRangeText } from '../../../src/config/addresses.ts';
import { ClientChain } from '../../../src/sidecar/forward/client-chain.ts';
import { ask } from '../clients.ts';
import { startProxy, startUpstream } from '../proxy-fixture.ts';
import { route, upstream } from '../routes.ts';

const chain = new ClientChain(
  ['10.0.0.0/8', 'fd00::/8', '192.0.2.7'].map((text) => AddressRangeText.parse(text)),
);
const CLIENT = '203.0.113.9';

/** What the upstream is told of a request that came from a peer with these headers. */
function told(peer: string, headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  const incoming = new IncomingMessage(socket);
  incoming.headers = { ...headers };
  return chain.headers(incoming);
}

describe('from a peer that is no trusted proxy nothing is believed:', () => {
  it.each([
    ['X-Forwarded-For', { 'x-forwarded-for': '10.0.0.1' }],
    ['X-Forwarded-Proto', { 'x-forwarded-proto': 'https' }],
    ['Forwarded', { forwarded: 'for=10.0.0.1;proto=https' }],
    ['nothing at all', {}],
  ])('%s', (_, headers) => {
    expect(told(CLIENT, headers)).toEqual({
      'x-forwarded-for': CLIENT,
      'x-forwarded-proto': 'http',
      forwarded: `for=${CLIENT};proto=http`,
    });
  });
});

describe('a trusted proxy is believed as far as trusted proxies wrote:', () => {
  it.each([
    ['the client', CLIENT, `${CLIENT}, 10.0.0.1`],
    ['the client behind two of them', `${CLIENT}, 10.0.0.2`, `${CLIENT}, 10.0.0.2, 10.0.0.1`],
    ['not what the client wrote before', `6.6.6.6, 10.9.9.9, ${CLIENT}`, `${CLIENT}, 10.0.0.1`],
    ['a client of our own network', '10.3.3.3, 10.0.0.2', '10.3.3.3, 10.0.0.2, 10.0.0.1'],
    ['an address with its port', `${CLIENT}:5678`, `${CLIENT}, 10.0.0.1`],
    ['IPv6', '2001:DB8::1, fd00::7', '2001:db8::1, fd00::7, 10.0.0.1'],
    ['IPv6 with its port', '[2001:db8::1]:443', '2001:db8::1, 10.0.0.1'],
    ['IPv4 written as IPv6', '::ffff:203.0.113.9', `${CLIENT}, 10.0.0.1`],
    ['nothing behind what is no address', `${CLIENT}, unknown, 10.0.0.2`, '10.0.0.2, 10.0.0.1'],
    ['nothing of rubbish', 'for=1.2.3.4, <script>', '10.0.0.1'],
    ['nothing of nothing', '', '10.0.0.1'],
  ])('%s', (_, listed, passed) => {
    expect(told('10.0.0.1', { 'x-forwarded-for': listed })['x-forwarded-for']).toBe(passed);
  });

  it.each([
    ['the client and its scheme', `for=${CLIENT};proto=https`, `for=${CLIENT};proto=https, for=10.0.0.1`],
    [
      'what stands in quotes',
      'For="[2001:db8::1]:4711";By=x;Proto=HTTPS , for=fd00::7',
      'for=10.0.0.1;proto=http',
    ],
    [
      'an IPv6 address in its quotes',
      'For="[2001:db8::1]:4711";By=x;Proto=HTTPS , for="[fd00::7]"',
      'for="[2001:db8::1]";proto=https, for="[fd00::7]", for=10.0.0.1',
    ],
    [
      'not the scheme of a stranger',
      `for=6.6.6.6;proto=https, for=${CLIENT}`,
      `for=${CLIENT};proto=http, for=10.0.0.1`,
    ],
    ['nothing behind what is hidden', `for=${CLIENT};proto=https, for=_hidden`, 'for=10.0.0.1;proto=http'],
    ['the scheme of who is hidden', 'for=_hidden;proto=https', 'for=10.0.0.1;proto=https'],
    ['nothing of an address named twice', `for=${CLIENT};for=6.6.6.6`, 'for=10.0.0.1;proto=http'],
    ['nothing of an open quote', `for="${CLIENT}`, 'for=10.0.0.1;proto=http'],
    ['nothing of an open end', `for=${CLIENT};`, 'for=10.0.0.1;proto=http'],
  ])('of Forwarded, %s', (_, forwarded, passed) => {
    expect(told('10.0.0.1', { forwarded })['forwarded']).toBe(passed);
  });

  it.each([
    ['https', 'https'],
    ['http, https', 'https'],
    ['HTTPS', 'https'],
    ['gopher', 'http'],
  ])('the scheme %s is passed on as %s', (written, passed) => {
    const headers = told('10.0.0.1', { 'x-forwarded-for': CLIENT, 'x-forwarded-proto': written });
    expect(headers['x-forwarded-proto']).toBe(passed);
    expect(headers['forwarded']).toBe(`for=${CLIENT};proto=${passed}, for=10.0.0.1`);
  });
});

it('where there is X-Forwarded-For, Forwarded is not read: most proxies pass it on as a client wrote it', () => {
  const headers = { 'x-forwarded-for': CLIENT, forwarded: 'for=6.6.6.6;proto=https' };
  expect(told('10.0.0.1', headers)).toMatchObject({
    'x-forwarded-for': `${CLIENT}, 10.0.0.1`,
    'x-forwarded-proto': 'http',
  });
});

it('a peer that came as IPv4 over IPv6, or by a link of its own, is told plainly', () => {
  expect(told('::ffff:10.0.0.1', { 'x-forwarded-for': CLIENT })['x-forwarded-for']).toBe(
    `${CLIENT}, 10.0.0.1`,
  );
  expect(told('fe80::1%eth0')['x-forwarded-for']).toBe('fe80::1');
});

it.each(['filtered', 'unfiltered'])(
  'the upstream of a %s route is told ours, and nothing of theirs',
  async (kind) => {
    const heard: unknown[] = [];
    const backend = await startUpstream(({ headers }, response) => {
      heard.push(Object.entries(headers).filter(([name]) => /forwarded|real-ip|^via$/.test(name)));
      response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
    });
    const to = upstream(backend.url);
    const proxy = await startProxy([
      route('GET /filtered', to),
      route('GET /unfiltered', to, { response: 'unfiltered' }),
    ]);
    const theirs = {
      'X-Forwarded-For': '6.6.6.6',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Host': 'evil.example',
    };
    await ask(`${proxy.url}/${kind}`, {
      headers: { ...theirs, Forwarded: 'for=6.6.6.6', 'X-Real-IP': '6.6.6.6' },
    });
    expect(heard).toEqual([
      expect.arrayContaining([
        ['x-forwarded-for', '127.0.0.1'],
        ['x-forwarded-proto', 'http'],
        ['forwarded', 'for=127.0.0.1;proto=http'],
      ]),
    ]);
    expect(heard[0]).toHaveLength(3);
  },
);
