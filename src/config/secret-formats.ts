import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Pepper } from '../model/route.ts';
import { Secret } from '../model/secret.ts';
import { textFormat } from './text-format.ts';

const PEPPER_BYTES = 32;

const PepperText = textFormat<Pepper>((text) => {
  if (Buffer.byteLength(text) < PEPPER_BYTES)
    return { fault: `must be a random text of ${PEPPER_BYTES} bytes or more` };
  const id = createHash('sha256').update(text).digest('hex').slice(0, 8);
  return { value: { id, text: new Secret(text) } };
});

/** One text, or several. */
const Texts = z.union(
  [z.string().transform((text) => [text]), z.array(z.string()).min(1, { error: 'needs at least one' })],
  { error: 'must be a text or a list of texts' },
);

/** One pepper, or several of which the first makes new hashes. */
export const Peppers = Texts.pipe(z.tuple([PepperText], PepperText));

const SIGNING_KEY = 'must be a private Ed25519 key as a JWK: {"kty":"OKP","crv":"Ed25519","x":…,"d":…}';
const OCTETS = z.base64url().length(43);
/** RFC 8037, section 2. */
const Ed25519PrivateKey = z.looseObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: OCTETS,
  d: OCTETS,
});

/** A private JWK as JSON text. Only its shape is looked at. */
const SigningKey = textFormat<Secret>((text) => {
  try {
    if (Ed25519PrivateKey.safeParse(JSON.parse(text)).success) return { value: new Secret(text) };
  } catch {
    // Not JSON: the same fault, and the parser's message would quote the key.
  }
  return { fault: SIGNING_KEY };
});

/** One signing key, or several of which the first signs and all are published. */
export const SigningKeys = Texts.pipe(z.tuple([SigningKey], SigningKey));

/** The SHA-256 of a token, in hex; comes out in lower case. */
export const TokenHash = textFormat<string>((text) =>
  /^[0-9a-f]{64}$/i.test(text)
    ? { value: text.toLowerCase() }
    : { fault: 'must be a SHA-256 in hex: fullmakt operator-token NAME makes a token and tells its hash' },
);
