import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAuthorities, readKeyPair } from '../../src/config/tls-files.ts';
import { certify, makeAuthority } from '../certificates.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fullmakt-tls-'));
});
afterAll(() => rm(folder, { recursive: true }));

const authority = makeAuthority();
const server = certify(authority, 'server');

let files = 0;
async function fileOf(text: string): Promise<string> {
  const file = join(folder, `${(files += 1)}.pem`);
  await writeFile(file, text);
  return file;
}

async function pairOf(certificate: string, key: string) {
  return readKeyPair({ certificate: await fileOf(certificate), key: await fileOf(key) });
}

it('a certificate and its key are taken, with the certificates of those between behind it', async () => {
  const chain = server.certificate + authority.certificate;
  expect(await pairOf(chain, server.key)).toEqual({ cert: Buffer.from(chain), key: Buffer.from(server.key) });
});

describe('a pair is refused with a word on the part that is wrong, and nothing of what it holds:', () => {
  const { privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'word' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  it.each([
    ['another’s key', server.certificate, certify(authority, 'other').key, 'key', /is not the key of/],
    ['the certificate twice', server.certificate, server.certificate, 'key', /holds no private key/],
    ['the key twice', server.key, server.key, 'certificate', /holds no certificate/],
    ['a key with a passphrase', server.certificate, privateKey, 'key', /without a passphrase/],
    ['no text', '', server.key, 'certificate', /holds no certificate/],
    [
      'a torn certificate',
      server.certificate.replace(/\n.{64}\n/, '\n'),
      server.key,
      'certificate',
      /holds no/,
    ],
    [
      'a torn certificate behind it',
      server.certificate + authority.certificate.replace(/\n.{64}\n/, '\n'),
      server.key,
      'certificate',
      /holds no/,
    ],
    [
      'one that has expired',
      certify(authority, 'old', 0.5).certificate,
      '',
      'certificate',
      /has expired \(20/,
    ],
  ])('%s', async (_, certificate, key, part, fault) => {
    const read = await pairOf(certificate, key);
    expect(read).toEqual({ part, fault: expect.stringMatching(fault) });
    expect(JSON.stringify(read)).not.toMatch(/BEGIN|word"/);
  });

  it('a file that is not there', () => {
    const missing = join(folder, 'missing.pem');
    expect(readKeyPair({ certificate: missing, key: missing })).toEqual({
      part: 'certificate',
      fault: `${missing} cannot be read: no such file`,
    });
  });
});

it('of authorities there may be several, and every one must be legible', async () => {
  const both = authority.certificate + makeAuthority('Another').certificate;
  expect(readAuthorities(await fileOf(both))).toEqual({ ca: Buffer.from(both) });
  expect(readAuthorities(await fileOf(server.key))).toHaveProperty('fault');
});
