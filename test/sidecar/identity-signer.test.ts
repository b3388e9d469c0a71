import { generateKeyPairSync } from 'node:crypto';
import { calculateJwkThumbprint, createLocalJWKSet, decodeProtectedHeader, type JWK, jwtVerify } from 'jose';
import { describe, expect, it } from 'vitest';
import type { Identity } from '../../src/model/identity.ts';
import { Secret } from '../../src/model/secret.ts';
import { IdentitySigner } from '../../src/sidecar/identity-signer.ts';

const now = Date.UTC(2026, 4, 5, 12, 0, 0, 250);

function newJwk(): JWK {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
}

async function signerOf(jwk: JWK): Promise<IdentitySigner> {
  return IdentitySigner.create([new Secret(JSON.stringify(jwk))]);
}

function identity(userId = 'u-1'): Identity {
  return {
    userId,
    email: 'api@distributor.no',
    subscription: { id: 's-1', apiProduct: 'my-products' },
    owns: [],
    grants: [],
  };
}

describe('a token', () => {
  it('verifies with the published key set, and tells who asks, of whom, and for how long', async () => {
    const signer = await signerOf(newJwk());
    const token = await signer.sign(identity(), 'products', now);
    const { payload } = await jwtVerify(token, createLocalJWKSet(signer.jwks), {
      issuer: 'fullmakt',
      audience: 'products',
      algorithms: ['EdDSA'],
      currentDate: new Date(now),
    });
    expect(payload).toEqual({
      iss: 'fullmakt',
      aud: 'products',
      sub: 'u-1',
      email: 'api@distributor.no',
      iat: Math.floor(now / 1000),
      exp: Math.floor(now / 1000) + 60,
    });
  });

  it('names its key by the thumbprint of RFC 7638', async () => {
    const jwk = newJwk();
    const signer = await signerOf(jwk);
    const { kid, alg } = decodeProtectedHeader(await signer.sign(identity(), 'products', now));
    expect(kid).toBe(await calculateJwkThumbprint(jwk));
    expect(alg).toBe('EdDSA');
  });

  it('serves again for 30 seconds, and no longer', async () => {
    const signer = await signerOf(newJwk());
    const caller = identity();
    const first = await signer.sign(caller, 'products', now);
    expect(await signer.sign(caller, 'products', now + 30_000)).toBe(first);
    expect(await signer.sign(caller, 'products', now + 30_001)).not.toBe(first);
  });

  it('is made anew when the clock has gone back', async () => {
    const signer = await signerOf(newJwk());
    const caller = identity();
    const first = await signer.sign(caller, 'products', now);
    expect(await signer.sign(caller, 'products', now - 60_000)).not.toBe(first);
  });

  it('of one upstream or identity never serves another', async () => {
    const signer = await signerOf(newJwk());
    const caller = identity();
    const tokens = await Promise.all([
      signer.sign(caller, 'products', now),
      signer.sign(caller, 'orders', now),
      signer.sign(identity('u-2'), 'products', now),
    ]);
    expect(new Set(tokens).size).toBe(3);
  });
});

it('the published key set holds no private member', async () => {
  const jwk = newJwk();
  const { jwks } = await signerOf(jwk);
  expect(jwks.keys).toEqual([
    {
      kty: 'OKP',
      crv: 'Ed25519',
      x: jwk.x,
      alg: 'EdDSA',
      use: 'sig',
      kid: await calculateJwkThumbprint(jwk),
    },
  ]);
});

describe('of several keys', () => {
  const asSecret = (jwk: JWK) => new Secret(JSON.stringify(jwk));

  it('the first signs, and what any of them signed verifies: a key is renewed without a break', async () => {
    const [before, next] = [newJwk(), newJwk()];
    const old = await IdentitySigner.create([asSecret(before)]);
    const announced = await IdentitySigner.create([asSecret(before), asSecret(next)]);
    const renewed = await IdentitySigner.create([asSecret(next), asSecret(before)]);
    const verifies = async (signer: IdentitySigner, published: IdentitySigner) =>
      jwtVerify(await signer.sign(identity(), 'products', now), createLocalJWKSet(published.jwks), {
        currentDate: new Date(now),
      });
    for (const signer of [old, announced, renewed])
      for (const published of [announced, renewed])
        await expect(verifies(signer, published)).resolves.toHaveProperty('payload');
    const { kid } = decodeProtectedHeader(await renewed.sign(identity(), 'products', now));
    expect(kid).toBe(await calculateJwkThumbprint(next));
    await expect(verifies(renewed, old)).rejects.toThrow('no applicable key');
  });

  it('none may be there twice, however it is written', async () => {
    const jwk = newJwk();
    const again = new Secret(JSON.stringify(jwk, undefined, 1));
    await expect(IdentitySigner.create([asSecret(jwk), again])).rejects.toThrow('named twice');
  });
});

describe('a signing key that cannot be used is refused without quoting it', () => {
  const { d, x } = newJwk();
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
  it.each<[string, string]>([
    ['no JSON', `{"d":"${d}"`],
    ['no object', `"${d}"`],
    ['another kind of key', JSON.stringify(rsa)],
    ['a public key', JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x })],
    ['a private half of the wrong length', JSON.stringify({ kty: 'OKP', crv: 'Ed25519', x, d: d?.slice(4) })],
    ['two halves of different keys', JSON.stringify({ ...newJwk(), d })],
  ])('%s', async (_, text) => {
    const failure = await IdentitySigner.create([new Secret(text)]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Error);
    expect(String(failure)).toMatch(/signing key/);
    expect(String(failure)).not.toContain(d?.slice(4, 12));
  });
});
