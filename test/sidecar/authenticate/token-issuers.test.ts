import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TokenIssuer } from '../../../src/model/route.ts';
import { FileKeys } from '../../../src/sidecar/authenticate/issuer-keys.ts';
import { TokenIssuers } from '../../../src/sidecar/authenticate/token-issuers.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { AUDIENCE, ISSUER, type JwtIssuer, startIssuer } from './jwt-issuer.ts';

const SOON = Math.floor(Date.now() / 1000) + 7200;

interface Verifier {
  /** How a token is judged. */
  verify(token: string): Promise<string>;
  readonly lines: string[];
}

function verifierOf(jwks: URL | string): Verifier {
  const lines: string[] = [];
  const log = createLog({ stream: { write: (line) => void lines.push(line) } });
  const trusted: TokenIssuer = { name: 'gateway', issuer: ISSUER, audience: AUDIENCE, jwks, clockSkew: 0 };
  const issuers = new TokenIssuers([trusted], log);
  onTestFinished(() => issuers.close());
  return {
    lines,
    verify: async (token) => {
      const verified = await issuers.verify(trusted, token);
      return 'fault' in verified ? verified.fault : 'good';
    },
  };
}

async function start(algorithm?: string): Promise<JwtIssuer & Verifier> {
  const issuer = await startIssuer(algorithm);
  onTestFinished(() => issuer.close());
  return { ...issuer, ...verifierOf(new URL(issuer.jwksUrl)) };
}

/** Moves the clock, and lets timers be. */
function pass(milliseconds: number): void {
  const then = Date.now() + milliseconds;
  const monotonic = performance.now() + milliseconds;
  vi.useFakeTimers({ toFake: ['Date'], now: then });
  vi.spyOn(performance, 'now').mockReturnValue(monotonic);
}
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

it.each(['RS256', 'PS512', 'ES384', 'EdDSA'])('tokens signed with %s are verified', async (algorithm) => {
  const { sign, verify } = await start(algorithm);
  expect(await verify(await sign())).toBe('good');
});

describe('the keys of an issuer', () => {
  it('are fetched once for all that wait, and serve again', async () => {
    const { sign, verify, fetches } = await start();
    const token = await sign();
    expect(await Promise.all([verify(token), verify(token), verify(token)])).toEqual([
      'good',
      'good',
      'good',
    ]);
    expect(await verify(token)).toBe('good');
    expect(fetches()).toBe(1);
  });

  it('are fetched again for one that is new, but not for every token that names an unknown one', async () => {
    const { sign, verify, fetches, renewKey } = await start();
    await verify(await sign());
    await renewKey();
    const token = await sign({ exp: SOON });
    expect(await verify(token)).toBe('invalid');
    expect(fetches()).toBe(1);
    pass(31_000);
    expect(await verify(token)).toBe('good');
    expect(fetches()).toBe(2);
  });

  it('are forgotten after ten minutes, so that one that was withdrawn is good no longer', async () => {
    const { sign, verify, renewKey } = await start();
    const token = await sign({ exp: SOON });
    await verify(token);
    await renewKey();
    pass(601_000);
    expect(await verify(token)).toBe('invalid');
  });
});

describe('where the keys cannot be had, no token is good nor called bad:', () => {
  it.each<[string, RequestListener]>([
    ['an error', (_, response) => response.writeHead(500).end('{"keys":[]}')],
    ['a redirect', (_, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()],
    ['what is not JSON', (_, response) => response.end('<html>')],
    ['what is no set of keys', (_, response) => response.end('{}')],
    ['a connection that breaks', (request) => request.socket.destroy()],
  ])('%s', async (_, listener) => {
    const { sign, verify, publishBy, lines } = await start();
    publishBy(listener);
    expect(await verify(await sign())).toBe('unverifiable');
    expect(lines.length).toBeLessThan(2);
  });

  it('a set of keys that is larger than any', async () => {
    const { sign, verify, publishBy, keySet } = await start();
    publishBy((_, response) => response.end(' '.repeat(2_000_000) + keySet()));
    expect(await verify(await sign())).toBe('unverifiable');
  });

  it('and it is not asked again at once', async () => {
    const { sign, verify, publishBy, fetches, lines } = await start();
    publishBy((_, response) => response.writeHead(503).end());
    const token = await sign({ exp: SOON });
    for (let count = 0; count < 5; count += 1) expect(await verify(token)).toBe('unverifiable');
    expect(fetches()).toBe(1);
    expect(lines).toHaveLength(1);
    pass(6000);
    await verify(token);
    expect(fetches()).toBe(2);
  });
});

describe('keys in a file', () => {
  async function write(text: string): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'fullmakt-jwks-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'jwks.json');
    await writeFile(file, text);
    return file;
  }

  it('verify without a network', async () => {
    const issuer = await start();
    const { verify } = verifierOf(await write(issuer.keySet()));
    expect(await verify(await issuer.sign())).toBe('good');
    expect(issuer.fetches()).toBe(0);
  });

  it('are renewed while the sidecar runs; such as cannot be used are logged', async () => {
    const issuer = await start();
    const lines: string[] = [];
    const file = await write(issuer.keySet());
    const log = createLog({ stream: { write: (line) => void lines.push(line) } });
    const keys = new FileKeys('gateway', file, log, 15);
    onTestFinished(() => keys.close());
    await issuer.renewKey();
    const { kid } = JSON.parse(issuer.keySet()).keys[0];
    const find = async (): Promise<string> =>
      Promise.resolve(keys.getKey({ alg: 'ES256', kid }, { payload: '', signature: '' })).then(
        () => 'found',
        () => 'none',
      );
    expect(await find()).toBe('none');
    await writeFile(file, issuer.keySet());
    await expect.poll(find).toBe('found');
    await writeFile(file, '{}');
    await expect.poll(() => lines.join('')).toContain('is no set of public keys');
    expect(await find()).toBe('found');
  });

  it.each([
    ['none', '{"keys":[]}'],
    ['a symmetric one', '{"keys":[{"kty":"oct","k":"AAAA"}]}'],
    ['a private one', '{"keys":[{"kty":"OKP","crv":"Ed25519","x":"AAAA","d":"AAAA"}]}'],
    ['no JSON', 'hello'],
  ])('are refused where there is %s', async (_, text) => {
    const file = await write(text);
    expect(() => verifierOf(file)).toThrow(file);
  });
});
