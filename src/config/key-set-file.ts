import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { describeFileError } from './file-error.ts';

/** Public keys (RFC 7517, section 5), of which each tells at least its type. */
export interface KeySet {
  readonly keys: { readonly kty: string; readonly [member: string]: unknown }[];
}

const Keys = z.looseObject({
  keys: z.array(z.looseObject({ kty: z.enum(['RSA', 'EC', 'OKP']) })).min(1),
});
/** RFC 7518, sections 6.2.2 and 6.3.2: what only the issuer may have. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth'];

/** Reads a set of public keys from a file. Symmetric keys are none: who verifies with one can sign with it. */
export function readKeySet(file: string): { readonly keySet: KeySet } | { readonly fault: string } {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return { fault: `${file} ${describeFileError(error)}` };
  }
  const keySet = Keys.safeParse(parse(text)).data;
  if (keySet === undefined)
    return { fault: `${file} is no set of public keys: {"keys":[{"kty":"RSA",…}]}, of type RSA, EC or OKP` };
  if (keySet.keys.some((key) => PRIVATE.some((name) => name in key)))
    return { fault: `${file} holds a private key: only the public ones belong here` };
  return { keySet };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
