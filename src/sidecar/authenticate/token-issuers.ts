import { errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { TokenIssuer } from '../../model/route.ts';
import type { Logger } from '../../telemetry/log.ts';
import { FileKeys, KeysUnusable, RemoteKeys } from './issuer-keys.ts';

/** Signatures by a private key alone: with a symmetric one, whoever verifies could sign. */
const ALGORITHMS = [
  'EdDSA',
  'Ed25519',
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
];

/** Why a token counts for nothing; the reason is for the log, and holds nothing of it. */
export interface TokenFault {
  readonly fault: 'expired' | 'invalid' | 'unverifiable';
  readonly reason: string;
}

interface Keys {
  readonly getKey: JWTVerifyGetKey;
  close(): void;
}

/** Verifies tokens by the keys that their issuers publish. */
export class TokenIssuers {
  readonly #keys: ReadonlyMap<TokenIssuer, Keys>;

  /** @throws Error with one line for a person, where a file of keys cannot be used */
  constructor(issuers: readonly TokenIssuer[], log: Logger) {
    this.#keys = new Map(issuers.map((issuer) => [issuer, keysOf(issuer, log)]));
  }

  /**
   * Verifies a token's signature, issuer, audience and times (RFC 7519, sections 4.1 and 7.2).
   * @param token in compact form
   */
  async verify(
    issuer: TokenIssuer,
    token: string,
  ): Promise<{ readonly claims: Readonly<Record<string, unknown>> } | TokenFault> {
    const keys = this.#keys.get(issuer);
    if (keys === undefined) throw new Error('a route names a token issuer that is not configured');
    try {
      const { payload } = await jwtVerify(token, keys.getKey, {
        issuer: issuer.issuer,
        audience: issuer.audience,
        algorithms: ALGORITHMS,
        clockTolerance: issuer.clockSkew / 1000,
        requiredClaims: ['exp'],
      });
      return { claims: payload };
    } catch (error) {
      return describe(error);
    }
  }

  close(): void {
    for (const keys of this.#keys.values()) keys.close();
  }
}

function keysOf({ name, jwks }: TokenIssuer, log: Logger): Keys {
  return typeof jwks === 'string' ? new FileKeys(name, jwks, log) : new RemoteKeys(name, jwks, log);
}

function describe(error: unknown): TokenFault {
  if (error instanceof errors.JWTExpired) return { fault: 'expired', reason: error.code };
  if (error instanceof errors.JWTClaimValidationFailed)
    return { fault: 'invalid', reason: `${error.code}: ${error.claim}` };
  if (error instanceof KeysUnusable) return { fault: 'unverifiable', reason: error.message };
  if (error instanceof errors.JOSEError) return { fault: 'invalid', reason: error.code };
  // jose throws a TypeError for a published key that its algorithm cannot be used with: too short a one, for example.
  if (error instanceof TypeError)
    return { fault: 'unverifiable', reason: 'the issuer publishes a key that cannot be used' };
  throw error;
}
