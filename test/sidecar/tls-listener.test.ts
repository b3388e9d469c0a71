import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { resetConnection } from '../../src/sidecar/reset-connection.ts';
import { type Certified, certify, makeAuthority } from '../certificates.ts';
import { transcriptOf } from './clients.ts';
import { PATIENT, type RunningServer, runServer } from './running-server.ts';
import { runSidecar, sendRaw } from './running-sidecar.ts';

const authority = makeAuthority();
const trusting = { ca: authority.certificate };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fullmakt-listener-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface TlsServer extends RunningServer {
  /** How each change of the files came out. */
  readonly told: (string | undefined)[];
  /** Puts another pair into the files. */
  renew(pair: Certified): Promise<void>;
}

async function start(
  serve: Parameters<typeof runServer>[0],
  { clientCa, patience = PATIENT }: { clientCa?: string; patience?: typeof PATIENT } = {},
): Promise<TlsServer> {
  const files = await mkdtemp(join(folder, 'files-'));
  const [certificate, key, ca] = ['server.crt', 'server.key', 'clients.crt'].map((name) => join(files, name));
  if (certificate === undefined || key === undefined || ca === undefined) throw new Error('no files');
  const renew = async (pair: Certified): Promise<void> => {
    await writeFile(key, pair.key);
    await writeFile(certificate, pair.certificate);
  };
  await renew(certify(authority, 'first'));
  if (clientCa !== undefined) await writeFile(ca, clientCa);
  const told: TlsServer['told'] = [];
  const server = await runServer(serve, patience, {
    files: { certificate, key, clientCa: clientCa === undefined ? undefined : ca },
    told: (fault) => told.push(fault),
    interval: 15,
  });
  return { ...server, told, renew };
}

function open(port: number, options: ConnectionOptions = trusting): TLSSocket {
  const socket = connect({ port, host: '127.0.0.1', ...options });
  socket.on('error', () => {});
  onTestFinished(() => void socket.destroy());
  return socket;
}

/** The name on the certificate that a new connection is shown. */
async function shownName(port: number): Promise<unknown> {
  const socket = open(port);
  await once(socket, 'secureConnect');
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return subject.CN;
}

async function fetchOver(port: number, options: ConnectionOptions = trusting): Promise<string> {
  const agent = new Agent({ ...options });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  get({ port, host: '127.0.0.1', path: '/', agent }, (response) => resolve(text(response))).on(
    'error',
    reject,
  );
  return promise;
}

const answerWhole: Parameters<typeof runServer>[0] = ({ response }) => void response.end('whole');
const GET = 'GET / HTTP/1.0\r\nHost: a\r\n\r\n';

it('a client that knows the authority is served', async () => {
  const { port } = await start(answerWhole);
  expect(await fetchOver(port)).toBe('whole');
  await expect(fetchOver(port, { ca: makeAuthority().certificate })).rejects.toThrow('certificate');
});

it('the sidecar speaks TLS where its configuration names a certificate', async () => {
  const { certificate, key } = certify(authority, 'sidecar');
  const files = [join(folder, 'sidecar.crt'), join(folder, 'sidecar.key')] as const;
  await writeFile(files[0], certificate);
  await writeFile(files[1], key);
  const sidecar = await runSidecar('policies', `tls: { certificate: "${files[0]}", key: "${files[1]}" }`);
  onTestFinished(() => sidecar.close());
  expect(await fetchOver(sidecar.port)).toContain('"code":"route_unknown"');
  expect((await fetch(`http://127.0.0.1:${sidecar.managementPort}/livez`)).status).toBe(200);
});

it('plain HTTP is not answered', async () => {
  const { port, exchanges } = await start(answerWhole);
  expect(await sendRaw(port, GET)).not.toContain('HTTP');
  expect(exchanges).toEqual([]);
});

it('a TLS greeting that never comes ends the connection', async () => {
  const { port } = await start(answerWhole, { patience: { ...PATIENT, head: 50 } });
  const socket = connectTcp(port, '127.0.0.1');
  await once(socket, 'close');
});

it('what is not HTTP inside TLS is refused with our code', async () => {
  const { port } = await start(answerWhole);
  const socket = open(port);
  socket.write('rubbish\r\n\r\n');
  const { bytes } = await transcriptOf(socket);
  expect(bytes).toMatch(/^HTTP\/1\.1 400 [^]*"code":"request_malformed"/);
});

it('an answer that is broken off is a reset, as without TLS', async () => {
  const { port } = await start(({ response }) => {
    response.write('half');
    setTimeout(() => resetConnection(response), 20);
  });
  const socket = open(port);
  socket.write(GET);
  const { bytes, ending } = await transcriptOf(socket);
  expect(ending).toBe('reset');
  expect(bytes.endsWith('half')).toBe(true);
});

it('a client that stops reading is reset, as without TLS', async () => {
  const { port, exchanges } = await start(
    ({ response }) => void response.end(Buffer.alloc(32 * 1024 * 1024)),
    {
      patience: { ...PATIENT, silence: 150 },
    },
  );
  const socket = open(port).pause();
  const transcript = transcriptOf(socket);
  socket.write(GET);
  await expect.poll(() => exchanges[0]?.response.destroyed).toBe(true);
  socket.resume();
  expect((await transcript).ending).toBe('reset');
});

describe('where clients need a certificate', () => {
  const clients = makeAuthority('Clients');
  const withCertificate = ({ certificate, key }: Certified) => ({ ...trusting, cert: certificate, key });

  it('one of the right authority is served', async () => {
    const { port } = await start(answerWhole, { clientCa: clients.certificate });
    expect(await fetchOver(port, withCertificate(certify(clients, 'partner')))).toBe('whole');
  });

  it.each([
    ['without one', trusting],
    ['with one of another authority', withCertificate(certify(makeAuthority(), 'stranger'))],
    ['with one of the server’s own authority', withCertificate(certify(authority, 'stranger'))],
    ['with one that has expired', withCertificate(certify(clients, 'old', 0.5))],
  ])('one %s gets nowhere', async (_, options) => {
    const { port, exchanges } = await start(answerWhole, { clientCa: clients.certificate });
    await expect(fetchOver(port, options)).rejects.toThrow();
    expect(exchanges).toEqual([]);
  });
});

describe('a certificate that is renewed', () => {
  it('is shown to new connections, and those that are open go on', async () => {
    const server = await start(answerWhole);
    const early = open(server.port);
    await once(early, 'secureConnect');
    await server.renew(certify(authority, 'second'));
    await expect.poll(() => shownName(server.port)).toBe('second');
    early.write(GET);
    expect((await transcriptOf(early)).bytes).toContain('whole');
    expect(server.told.at(-1)).toBeUndefined();
  });

  it('and cannot be used leaves the old one at work, and says why', async () => {
    const server = await start(answerWhole);
    const broken = {
      certificate: certify(authority, 'second').certificate,
      key: certify(authority, 'third').key,
    };
    await server.renew(broken);
    await expect.poll(() => server.told.at(-1)).toMatch(/is not the key of/);
    expect(await shownName(server.port)).toBe('first');
  });
});

it('files that cannot be used keep the server from being made', async () => {
  const missing = join(folder, 'missing.pem');
  const files = { certificate: missing, key: missing, clientCa: undefined };
  await expect(runServer(answerWhole, PATIENT, { files, told: () => {} })).rejects.toThrow(
    `${missing} cannot be read: no such file`,
  );
});
