import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { UpstreamTls } from '../../../src/model/route.ts';
import { UpstreamConnections } from '../../../src/sidecar/forward/upstream-connections.ts';
import { createLog } from '../../../src/telemetry/log.ts';
import { type Certified, certify, makeAuthority } from '../../certificates.ts';
import { ask } from '../clients.ts';
import { type Proxy, startProxy } from '../proxy-fixture.ts';
import { route, upstream } from '../routes.ts';
import { portOf } from '../running-sidecar.ts';

const authority = makeAuthority();
const clients = makeAuthority('Clients');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fullmakt-upstream-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
async function fileOf(text: string): Promise<string> {
  const file = join(folder, `${(files += 1)}.pem`);
  await writeFile(file, text);
  return file;
}

async function pairOf({ certificate, key }: Certified): Promise<NonNullable<UpstreamTls['keyPair']>> {
  return { certificate: await fileOf(certificate), key: await fileOf(key) };
}

interface Backend {
  readonly url: string;
  /** The names on the certificates that its clients showed, in order. */
  readonly callers: (string | undefined)[];
  /** How many connections to it are open. */
  connections(): Promise<number>;
}

/** An https backend; with `clientCa`, for clients of that authority alone. */
async function startBackend(clientCa?: string): Promise<Backend> {
  const { certificate, key } = certify(authority, 'backend');
  const callers: (string | undefined)[] = [];
  const mutual = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  const server = createServer({ cert: certificate, key, ...mutual }, ({ socket }, response) => {
    if (socket instanceof TLSSocket)
      callers.push(String(socket.getPeerCertificate().subject?.CN ?? 'nobody'));
    response.writeHead(200, { 'content-type': 'application/json' }).end('[{"owner":"10001"}]');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return {
    url: `https://127.0.0.1:${portOf(server)}`,
    callers,
    connections: promisify(server.getConnections.bind(server)),
  };
}

function before(backend: Backend, tls: UpstreamTls | undefined): Promise<Proxy> {
  const to = upstream(backend.url, { tls });
  return startProxy([route('GET /filtered', to), route('GET /unfiltered', to, { response: 'unfiltered' })]);
}

describe.each(['filtered', 'unfiltered'])('an https upstream of a %s route', (kind) => {
  it('is asked if its certificate is of the named authority', async () => {
    const backend = await startBackend();
    const proxy = await before(backend, { ca: await fileOf(authority.certificate), keyPair: undefined });
    const { status, body } = await ask(`${proxy.url}/${kind}`);
    expect([status, body]).toEqual([200, '[{"owner":"10001"}]']);
    expect(backend.callers).toEqual(['nobody']);
  });

  it.each([
    ['that Node does not know', () => undefined],
    ['other than the named one', async () => ({ ca: await fileOf(clients.certificate), keyPair: undefined })],
  ])('is not asked if its certificate is of an authority %s', async (_, tls) => {
    const backend = await startBackend();
    const proxy = await before(backend, await tls());
    const { status, body } = await ask(`${proxy.url}/${kind}`);
    expect([status, JSON.parse(body).code]).toEqual([502, 'upstream_unreachable']);
    expect(backend.callers).toEqual([]);
  });

  it('is shown our certificate where it wants one', async () => {
    const backend = await startBackend(clients.certificate);
    const ca = await fileOf(authority.certificate);
    const proxy = await before(backend, { ca, keyPair: await pairOf(certify(clients, 'fullmakt')) });
    expect((await ask(`${proxy.url}/${kind}`)).status).toBe(200);
    const stranger = await before(backend, { ca, keyPair: undefined });
    expect((await ask(`${stranger.url}/${kind}`)).status).toBe(502);
    expect(backend.callers).toEqual(['fullmakt']);
  });
});

describe('certificates for an upstream that are renewed', () => {
  async function connect(backend: Backend) {
    const ca = await fileOf(authority.certificate);
    const keyPair = await pairOf(certify(clients, 'first'));
    const lines: string[] = [];
    const log = createLog({ stream: { write: (line) => void lines.push(line) } });
    const to = upstream(backend.url, { tls: { ca, keyPair } });
    const connections = new UpstreamConnections(to, log, 15);
    onTestFinished(() => connections.close());
    const request = async (): Promise<void> => {
      const { body } = await connections.pool.request({ method: 'GET', path: '/' });
      await body.dump();
    };
    return { ca, keyPair, lines, request };
  }

  it('are shown from then on, while the sidecar runs', async () => {
    const backend = await startBackend(clients.certificate);
    const { keyPair, request } = await connect(backend);
    await request();
    const renewed = certify(clients, 'second');
    await writeFile(keyPair.key, renewed.key);
    await writeFile(keyPair.certificate, renewed.certificate);
    await expect
      .poll(async () => {
        await request();
        return backend.callers.at(-1);
      })
      .toBe('second');
    expect(backend.callers[0]).toBe('first');
    await expect.poll(() => backend.connections()).toBe(1);
  });

  it('and cannot be used leave the old ones at work, and are logged', async () => {
    const backend = await startBackend(clients.certificate);
    const { ca, lines, request } = await connect(backend);
    await writeFile(ca, 'rubbish');
    await expect.poll(() => lines.join('')).toContain('holds no certificate');
    await request();
    expect(backend.callers).toEqual(['first']);
  });
});
