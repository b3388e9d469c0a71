import { calculateJwkThumbprint, createLocalJWKSet, errors, type JWK, jwtVerify } from 'jose';
import { IDENTITY_ISSUER } from '../../model/identity-token.ts';
import type { Secret } from '../../model/secret.ts';

/** The admin's name as an upstream of the sidecar: tokens for other upstreams are not good here. */
const AUDIENCE = 'admin';

/** Tells whom a token of the sidecar's is about: undefined if it is none that is good here and now. */
export type ReadIdentityToken = (token: string) => Promise<string | undefined>;

/**
 * Makes what reads the tokens with which the sidecar says who asks (JWT, RFC 7519, signed with Ed25519).
 *
 * @param signingKeys the private JWKs that sidecars may sign with; only their public halves are used
 * @throws Error whose message quotes nothing of a key
 */
export async function identityTokenReader(signingKeys: readonly Secret[]): Promise<ReadIdentityToken> {
  const keys = await Promise.all(
    signingKeys.map(async (signingKey) => {
      const jwk = publicHalf(signingKey);
      return Object.assign(jwk, { kid: await calculateJwkThumbprint(jwk), alg: 'EdDSA' });
    }),
  );
  const keySet = createLocalJWKSet({ keys });
  return async (token) => {
    try {
      const { payload } = await jwtVerify(token, keySet, {
        algorithms: ['EdDSA'],
        issuer: IDENTITY_ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'exp'],
      });
      return payload.sub;
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  };
}

function publicHalf(signingKey: Secret): JWK {
  try {
    const { kty, crv, x }: JWK = JSON.parse(signingKey.reveal());
    if (kty === 'OKP' && crv === 'Ed25519' && typeof x === 'string') return { kty, crv, x };
  } catch {
    // The parser's own message quotes the text, which is the key.
  }
  throw new Error('the signing key is not an Ed25519 JWK');
}
