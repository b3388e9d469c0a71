import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KEYS, type RunningSidecar, runSidecar } from './running-sidecar.ts';

let sidecar: RunningSidecar;
let identityToken: string | undefined;
beforeAll(async () => {
  sidecar = await runSidecar();
  sidecar.answerWith((request, response) => {
    identityToken = request.headers['fullmakt-identity']?.toString();
    response
      .setHeader('Content-Type', 'application/json')
      .end('[{"owner":"10001"},{"owner":"10002"},{"owner":7.5}]');
  });
  const details = `http://127.0.0.1:${sidecar.port}/details`;
  await fetch(details, { headers: { 'Ocp-Apim-Subscription-Key': KEYS.owner } });
  await fetch(details);
});
afterAll(() => sidecar.close());

const get = (path: string, init?: RequestInit) =>
  fetch(`http://127.0.0.1:${sidecar.managementPort}${path}`, init);

describe('the management port', () => {
  it.each(['/livez', '/readyz', '/startupz'])('answers %s', async (path) => {
    const response = await get(path);
    expect([response.status, await response.text()]).toEqual([200, 'ok\n']);
  });

  it('gives the keys by which an upstream verifies who asks', async () => {
    const response = await get('/.well-known/jwks.json');
    expect(response.headers.get('content-type')).toBe('application/jwk-set+json');
    const text = await response.text();
    expect(text).not.toContain('"d"');
    const verify = createLocalJWKSet(JSON.parse(text));
    const { payload } = await jwtVerify(identityToken ?? '', verify, { audience: 'backend' });
    expect(payload['email']).toBe('api@wholesaler.no');
  });

  it('counts requests by route, status and code, their items and their time', async () => {
    await vi.waitFor(async () => {
      const text = await (await get('/metrics')).text();
      expect(text.split('\n')).toEqual(
        expect.arrayContaining([
          'fullmakt_requests_total{route="GET /details",status="200",code="forwarded"} 1',
          'fullmakt_requests_total{route="GET /details",status="401",code="key_missing"} 1',
          'fullmakt_items_total{route="GET /details",verdict="kept"} 1',
          'fullmakt_items_total{route="GET /details",verdict="hidden"} 1',
          'fullmakt_items_total{route="GET /details",verdict="faulty"} 1',
          'fullmakt_request_duration_seconds_count{route="GET /details"} 2',
          'fullmakt_requests_in_flight 0',
          'fullmakt_catalog_products 0',
          expect.stringMatching(/^fullmakt_store_silence_seconds \d/),
        ]),
      );
    });
  });

  it('has nothing else, and changes nothing', async () => {
    expect((await get('/details')).status).toBe(404);
    expect((await get('/livez', { method: 'POST' })).status).toBe(405);
  });
});

it.each(['/livez', '/readyz', '/startupz', '/metrics', '/.well-known/jwks.json'])(
  'on the proxied port %s is a path like others, and needs a key',
  async (path) => {
    const response = await fetch(`http://127.0.0.1:${sidecar.port}${path}`);
    expect(response.status).toBe(401);
  },
);
