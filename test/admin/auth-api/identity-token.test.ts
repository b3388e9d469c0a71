import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { identityTokenReader } from '../../../src/admin/auth-api/identity-token.ts';
import type { Identity } from '../../../src/model/identity.ts';
import { Secret } from '../../../src/model/secret.ts';
import { IdentitySigner } from '../../../src/sidecar/identity-signer.ts';
import { AdminRig } from '../rig.ts';

function newKey(): Secret {
  const { privateKey } = generateKeyPairSync('ed25519');
  return new Secret(JSON.stringify(privateKey.export({ format: 'jwk' })));
}

function identityOf(userId: string): Identity {
  const subscription = { id: 's', apiProduct: 'auth' };
  return { userId, email: 'api@wholesaler.no', subscription, owns: [], grants: [] };
}

async function signerOf(key: Secret): Promise<IdentitySigner> {
  return IdentitySigner.create([key]);
}

describe('a token of the sidecar’s', () => {
  const [key, older, foreign] = [newKey(), newKey(), newKey()];

  test('says whom it is about, under any of the keys', async () => {
    const read = await identityTokenReader([key, older]);
    for (const one of [key, older]) {
      const token = await (await signerOf(one)).sign(identityOf('u-1'), 'admin', Date.now());
      expect(await read(token)).toBe('u-1');
    }
  });

  test.each([
    ['for another upstream', key, 'products', Date.now()],
    ['that has ended', key, 'admin', Date.now() - 120_000],
    ['under a key that is not ours', foreign, 'admin', Date.now()],
  ])('one %s says nothing', async (_, signingKey, audience, now) => {
    const read = await identityTokenReader([key, older]);
    const token = await (await signerOf(signingKey)).sign(identityOf('u-1'), audience, now);
    expect(await read(token)).toBeUndefined();
  });

  test.each(['', 'x', 'a.b.c', 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ1LTEiLCJhdWQiOiJhZG1pbiJ9.'])(
    'the text %j is none',
    async (text) => {
      const read = await identityTokenReader([key]);
      expect(await read(text)).toBeUndefined();
    },
  );

  test('a key that is none is told without quoting it', async () => {
    const reading = identityTokenReader([new Secret('{"kty":"oct","k":"very-secret"}')]);
    await expect(reading).rejects.toThrow('the signing key is not an Ed25519 JWK');
    await expect(reading).rejects.not.toThrow('very-secret');
  });
});

describe('the admin service', () => {
  let rig: AdminRig;
  let signer: IdentitySigner;
  beforeAll(async () => {
    rig = await AdminRig.start();
    signer = await signerOf(rig.config.secrets.signingKeys[0]);
  });
  afterAll(() => rig.close());

  async function statusFor(email: string, audience: string): Promise<number> {
    const { userId = 'none' } = (await rig.store.read([`email/${email}`])).records[0]?.fields ?? {};
    const token = await signer.sign(identityOf(userId), audience, Date.now());
    const answer = await rig.ask('GET', '/auth/v0/permission', 'nobody', {
      headers: { 'Fullmakt-Identity': token },
    });
    return answer.status;
  }

  test('takes the sidecar’s word for who asks', async () => {
    expect(await statusFor('api@wholesaler.no', 'admin')).toBe(200);
    expect(await statusFor('api@distributor.no', 'admin')).toBe(403);
    expect(await statusFor('nobody@x.no', 'admin')).toBe(403);
  });

  test('not if it is meant for another upstream, and not beside a good key', async () => {
    expect(await statusFor('api@wholesaler.no', 'products')).toBe(401);
    const headers = { 'Fullmakt-Identity': 'x.y.z' };
    const answer = await rig.ask('GET', '/auth/v0/permission', 'owner', { headers });
    expect(answer.status).toBe(401);
  });
});
