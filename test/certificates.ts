import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';

/** A key and a certificate of it, both PEM. */
export interface Certified {
  readonly certificate: string;
  readonly key: string;
}

const DAY = 86_400_000;

/** A certificate authority of the test's own. */
export function makeAuthority(name = 'Test authority'): Certified {
  const key = newKey();
  return { key, certificate: issue({ subject: name, key, issuer: name, signer: key, authority: true }) };
}

/**
 * A certificate for 127.0.0.1 and localhost, for servers and clients alike.
 * @param days that it is good for, from yesterday on
 */
export function certify(authority: Certified, name: string, days = 30): Certified {
  const key = newKey();
  const issuer = new X509Certificate(authority.certificate).subject.replace(/^CN=/, '');
  return { key, certificate: issue({ subject: name, key, issuer, signer: authority.key, days }) };
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** RFC 5280, section 4.1: a version 3 certificate, signed with ECDSA and SHA-256. */
function issue(parts: {
  readonly subject: string;
  readonly key: string;
  readonly issuer: string;
  readonly signer: string;
  readonly authority?: boolean;
  readonly days?: number;
}): string {
  const begin = Date.now() - DAY;
  const algorithm = der(0x30, oid('2a8648ce3d040302'));
  const extensions = parts.authority
    ? [extension('551d13', der(0x30, der(0x01, Buffer.of(0xff))), true)]
    : [
        extension(
          '551d11',
          der(0x30, der(0x82, Buffer.from('localhost')), der(0x87, Buffer.of(127, 0, 0, 1))),
        ),
      ];
  const certificate = der(
    0x30,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    commonName(parts.issuer),
    der(0x30, utcTime(begin), utcTime(begin + (parts.days ?? 30) * DAY)),
    commonName(parts.subject),
    createPublicKey(parts.key).export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, ...extensions)),
  );
  const signature = sign('sha256', certificate, createPrivateKey(parts.signer));
  const whole = der(0x30, certificate, algorithm, der(0x03, Buffer.of(0), signature));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** X.690, section 8.1: a tag, the length of what follows, and that. */
function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function commonName(name: string): Buffer {
  return der(0x30, der(0x31, der(0x30, oid('550403'), der(0x0c, Buffer.from(name)))));
}

function utcTime(instant: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(instant).toISOString().slice(2, 19).replaceAll(/[-:T]/g, '')}Z`));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return der(0x30, oid(id), ...(critical ? [der(0x01, Buffer.of(0xff))] : []), der(0x04, value));
}
