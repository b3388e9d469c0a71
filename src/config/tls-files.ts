import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { describeFileError } from './file-error.ts';

/** What is wrong with one of several files. Holds nothing of it but its path. */
export interface TlsFault<Part extends string> {
  readonly fault: string;
  readonly part: Part;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/**
 * Reads a certificate (with those between it and its authority behind it) and its private key, both PEM. A pair that
 * no peer would take is a fault: one that does not belong together, or whose time is not now.
 */
export function readKeyPair(files: {
  readonly certificate: string;
  readonly key: string;
}): { readonly cert: Buffer; readonly key: Buffer } | TlsFault<'certificate' | 'key'> {
  const cert = readCertificates(files.certificate);
  if ('fault' in cert) return { ...cert, part: 'certificate' };
  const time = timeFault(cert.first);
  if (time !== undefined) return { fault: `${files.certificate} ${time}`, part: 'certificate' };
  const key = readFile(files.key);
  if ('fault' in key) return { ...key, part: 'key' };
  try {
    if (!cert.first.checkPrivateKey(createPrivateKey(key.bytes)))
      return { fault: `${files.key} is not the key of ${files.certificate}`, part: 'key' };
  } catch {
    return {
      fault: `${files.key} holds no private key in PEM that can be read without a passphrase`,
      part: 'key',
    };
  }
  try {
    createSecureContext({ cert: cert.bytes, key: key.bytes });
  } catch {
    // A key too short for our TLS, for one.
    return { fault: `${files.certificate} cannot be used for TLS`, part: 'certificate' };
  }
  return { cert: cert.bytes, key: key.bytes };
}

/** Reads the certificates of the authorities that a peer's certificate may be of. */
export function readAuthorities(file: string): { readonly ca: Buffer } | { readonly fault: string } {
  const read = readCertificates(file);
  return 'fault' in read ? read : { ca: read.bytes };
}

function readCertificates(
  file: string,
): { readonly bytes: Buffer; readonly first: X509Certificate } | { readonly fault: string } {
  const read = readFile(file);
  if ('fault' in read) return read;
  try {
    const [first] = (read.bytes.toString('latin1').match(CERTIFICATE) ?? []).map(
      (pem) => new X509Certificate(pem),
    );
    if (first !== undefined) return { bytes: read.bytes, first };
  } catch {
    // The parser's own message tells nothing to go by.
  }
  return { fault: `${file} holds no certificate in PEM that can be read` };
}

function readFile(file: string): { readonly bytes: Buffer } | { readonly fault: string } {
  try {
    return { bytes: readFileSync(file) };
  } catch (error) {
    return { fault: `${file} ${describeFileError(error)}` };
  }
}

function timeFault({ validFromDate, validToDate }: X509Certificate): string | undefined {
  const now = new Date();
  if (now > validToDate) return `has expired (${validToDate.toISOString()})`;
  return now < validFromDate ? `is not good before ${validFromDate.toISOString()}` : undefined;
}
