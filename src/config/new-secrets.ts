import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeFolder } from './make-folder.ts';

const PEPPER = 'pepper';
const SIGNING_KEY = 'signing.jwk';

/** Writes a file that only its owner may read; leaves one that is there as it is. */
async function writeOnce(file: string, text: string): Promise<boolean> {
  try {
    await writeFile(file, text, { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/**
 * Makes what the configuration's `secrets` ask for, where it is missing: `pepper` (256 random bits) and
 * `signing.jwk` (an Ed25519 private key, RFC 8037).
 * @returns the files that were made
 * @throws the file system's error when the folder cannot be written
 */
export async function makeSecrets(folder: string): Promise<readonly string[]> {
  await makeFolder(folder, 0o700);
  const { privateKey } = generateKeyPairSync('ed25519');
  const secrets: readonly (readonly [string, string])[] = [
    [join(folder, PEPPER), `${randomBytes(32).toString('base64url')}\n`],
    [join(folder, SIGNING_KEY), `${JSON.stringify(privateKey.export({ format: 'jwk' }))}\n`],
  ];
  const made: string[] = [];
  for (const [file, text] of secrets) if (await writeOnce(file, text)) made.push(file);
  return made;
}

/** Whether {@link makeSecrets} would make a file of that name. */
export function isMadeSecret(file: string): boolean {
  return [PEPPER, SIGNING_KEY].includes(basename(file));
}
