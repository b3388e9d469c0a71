import { createServer, type RequestListener } from 'node:http';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { listen } from '../../../src/http/listen.ts';
import { portOf } from '../running-sidecar.ts';

export const ISSUER = 'https://login.example';
export const AUDIENCE = 'fullmakt';

type PrivateKey = Awaited<ReturnType<typeof generateKeyPair>>['privateKey'];

/** Somebody who signs tokens, and publishes the keys that verify them. */
export interface JwtIssuer {
  readonly jwksUrl: string;
  /** How often its keys were asked for. */
  readonly fetches: () => number;
  /** A token of api@wholesaler.no, good for five minutes, but for what the claims say; undefined leaves one out. */
  sign(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  /** Signs from now on with another key, and publishes that one. */
  renewKey(): Promise<void>;
  /** How its keys are published from now on. */
  publishBy(listener: RequestListener): void;
  /** What it publishes. */
  keySet(): string;
  close(): void;
}

export async function startIssuer(algorithm = 'ES256'): Promise<JwtIssuer> {
  let key: PrivateKey | undefined;
  let keySet = '';
  let renewals = 0;
  const renewKey = async (): Promise<void> => {
    const pair = await generateKeyPair(algorithm);
    key = pair.privateKey;
    keySet = JSON.stringify({
      keys: [{ ...(await exportJWK(pair.publicKey)), kid: `key-${(renewals += 1)}`, alg: algorithm }],
    });
  };
  await renewKey();
  let fetches = 0;
  let publish: RequestListener = (_, response) => response.end(keySet);
  const server = createServer((request, response) => {
    fetches += 1;
    publish(request, response);
  });
  await listen(server, { host: '127.0.0.1', port: 0 });
  return {
    jwksUrl: `http://127.0.0.1:${portOf(server)}/jwks`,
    fetches: () => fetches,
    renewKey,
    keySet: () => keySet,
    publishBy: (listener) => void (publish = listener),
    sign: (claims = {}) => {
      if (key === undefined) throw new Error('no key yet');
      const now = Math.floor(Date.now() / 1000);
      const usual = { iss: ISSUER, aud: AUDIENCE, exp: now + 300, email: 'api@wholesaler.no' };
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: algorithm, kid: `key-${renewals}` })
        .sign(key);
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
