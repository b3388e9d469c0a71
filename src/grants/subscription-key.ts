import { createHmac, randomBytes } from 'node:crypto';
import type { Pepper } from '../model/route.ts';
import { Secret } from '../model/secret.ts';

/** Peppers in use: the first makes new hashes, all are tried. */
export type Peppers = readonly [Pepper, ...Pepper[]];

/** A new subscription key: 256 random bits as base64url, 43 characters. */
export function makeSubscriptionKey(): Secret {
  return new Secret(randomBytes(32).toString('base64url'));
}

/** Whether a text can be a subscription key: 16 to 256 printable ASCII characters, none of them a space. */
export function isSubscriptionKey(text: string): boolean {
  return /^[\x21-\x7e]{16,256}$/.test(text);
}

/** What a key is kept as: `<pepperId>/<hmac>`, HMAC-SHA-256 under the pepper in lower-case hex. */
export function hashSubscriptionKey(key: Secret, pepper: Pepper): string {
  return `${pepper.id}/${createHmac('sha256', pepper.text.reveal()).update(key.reveal()).digest('hex')}`;
}

/** Its last four characters, so that a person can tell which key stands where. */
export function hintOf(key: Secret): string {
  return key.reveal().slice(-4);
}
