import {
  type CryptoKey,
  calculateJwkThumbprint,
  errors,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  jwtVerify,
  SignJWT,
} from 'jose';
import type { Identity } from '../model/identity.ts';
import { IDENTITY_ISSUER as ISSUER } from '../model/identity-token.ts';
import type { Secret } from '../model/secret.ts';

/** Seconds that a token is good for. */
const LIFETIME = 60;
/** Milliseconds for which one token serves again: half its life is then still before it. */
const REUSE = 30_000;

interface SignedToken {
  readonly token: Promise<string>;
  readonly signedAt: number;
}

/** A key that signs, and what verifies by it. */
interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK & { readonly kid: string };
}

/** Tells upstreams who asks: a JWT (RFC 7519) signed with Ed25519 (RFC 8037). */
export class IdentitySigner {
  /** What upstreams verify with (RFC 7517); holds public members only. */
  readonly jwks: JSONWebKeySet;
  readonly #signing: KeyPair;
  readonly #tokens = new WeakMap<Identity, Map<string, SignedToken>>();

  private constructor(signing: KeyPair, published: readonly KeyPair[]) {
    this.#signing = signing;
    this.jwks = { keys: published.map(({ publicJwk }) => ({ ...publicJwk, alg: 'EdDSA', use: 'sig' })) };
  }

  /**
   * @param jwkTexts private Ed25519 JWKs as JSON text: the first signs, all are published
   * @throws Error whose message quotes nothing of a key
   */
  static async create([signingText, ...otherTexts]: readonly [Secret, ...Secret[]]): Promise<IdentitySigner> {
    const signing = await readKeyPair(signingText);
    const others = await Promise.all(otherTexts.map(readKeyPair));
    const published = [signing, ...others];
    // A verifier that finds two keys under one id takes neither.
    if (new Set(published.map(({ publicJwk }) => publicJwk.kid)).size < published.length)
      throw new Error('the same signing key is named twice');
    return new IdentitySigner(signing, published);
  }

  /**
   * A token that is good for at least 30 more seconds.
   * @param audience the upstream's name
   * @param now ms since the epoch
   */
  async sign(identity: Identity, audience: string, now: number): Promise<string> {
    let tokens = this.#tokens.get(identity);
    if (tokens === undefined) this.#tokens.set(identity, (tokens = new Map<string, SignedToken>()));
    const known = tokens.get(audience);
    if (known !== undefined && now >= known.signedAt && now - known.signedAt <= REUSE) return known.token;
    const token = signToken(this.#signing, identity, audience, now);
    tokens.set(audience, { token, signedAt: now });
    return token;
  }
}

function signToken(
  { privateKey, publicJwk }: KeyPair,
  { userId, email }: Pick<Identity, 'userId' | 'email'>,
  audience: string,
  now: number,
): Promise<string> {
  const issuedAt = Math.floor(now / 1000);
  return new SignJWT({ email })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: publicJwk.kid })
    .setIssuer(ISSUER)
    .setAudience(audience)
    .setSubject(userId)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + LIFETIME)
    .sign(privateKey);
}

async function readKeyPair(jwkText: Secret): Promise<KeyPair> {
  const { kty, crv, x, d } = parseJwk(jwkText.reveal());
  if (kty !== 'OKP' || crv !== 'Ed25519' || typeof x !== 'string' || typeof d !== 'string')
    throw new Error('the signing key is not a private Ed25519 JWK');
  const publicPart = { kty, crv, x };
  const publicJwk = { ...publicPart, kid: await calculateJwkThumbprint(publicPart) };
  const pair = { privateKey: await importEd25519({ ...publicPart, d }), publicJwk };
  await proveKeyPair(pair, await importEd25519(publicPart));
  return pair;
}

/** A JWK whose public half belongs to another key would publish a key set that verifies nothing. */
async function proveKeyPair(pair: KeyPair, publicKey: CryptoKey): Promise<void> {
  const token = await signToken(pair, { userId: '', email: '' }, ISSUER, Date.now());
  try {
    await jwtVerify(token, publicKey);
  } catch (error) {
    if (!(error instanceof errors.JOSEError)) throw error;
    throw new Error('the two halves of the signing key do not belong together', { cause: error });
  }
}

function parseJwk(text: string): JWK {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
  } catch {
    // The parser's own message quotes the text, which is the key.
  }
  throw new Error('the signing key is not a JWK: JSON text with one object');
}

async function importEd25519(jwk: JWK): Promise<CryptoKey> {
  try {
    const key = await importJWK(jwk, 'EdDSA');
    if (!(key instanceof Uint8Array)) return key;
  } catch {
    // The cause may quote the key.
  }
  throw new Error('the signing key cannot be read as an Ed25519 key');
}
