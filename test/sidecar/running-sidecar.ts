import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadWithPolicy } from '../../src/cli/load-with-policy.ts';
import { renderFaults } from '../../src/config/file-fault.ts';
import { makeSecrets } from '../../src/config/new-secrets.ts';
import { applyState } from '../../src/grants/apply.ts';
import { readState } from '../../src/grants/state.ts';
import { listen } from '../../src/http/listen.ts';
import { compilePolicies } from '../../src/policy/compiler.ts';
import { startSidecar } from '../../src/sidecar/sidecar.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { createLog } from '../../src/telemetry/log.ts';

export const KEYS = {
  owner: 'owner-primary-key-0001',
  ownerSecondary: 'owner-secondary-key-0001',
  ownerOpen: 'owner-products-key-0001',
  stranger: 'stranger-primary-key-0001',
} as const;

const STATE = `
wholesalers: [{ id: "10001", name: Wholesaler AS, primaryEmails: [api@wholesaler.no] }]
apiProducts:
  - { name: my-products, apis: [details-normal] }
  - { name: products, apis: [open-stock] }
roles: [{ roleId: DETAILS_READ, api: details-normal, httpVerb: GET, description: Read product details }]
users:
  - { email: api@wholesaler.no, confirmed: true }
  - { email: api@stranger.no, confirmed: true }
  - { email: api@unconfirmed.no }
subscriptions:
  - { email: api@wholesaler.no, apiProduct: my-products, primaryKey: ${KEYS.owner}, secondaryKey: ${KEYS.ownerSecondary} }
  - { email: api@wholesaler.no, apiProduct: products, primaryKey: ${KEYS.ownerOpen} }
  - { email: api@stranger.no, apiProduct: my-products, primaryKey: ${KEYS.stranger} }
`;

const CONFIGURATION = `
sidecar: { listen: "127.0.0.1:0", management: "127.0.0.1:0" }
store: sqlite:store.db
policy: policy.tar.gz
secrets: { pepper: "\${file:pepper}", signingKey: "\${file:signing.jwk}" }
upstreams: { backend: { url: "http://127.0.0.1:BACKEND", timeout: 5s } }
routes:
  - match: GET /details
    upstream: backend
    apiProduct: my-products
    api: details-normal
    query: [changedSince, maxResults]
    response: { items: '$[*]', attributes: { owner: '@.owner' } }
  - { match: GET /details/open, upstream: backend, apiProduct: my-products, api: details-normal, response: unfiltered }
  - { match: 'GET /wishes/{wish}', upstream: backend, apiProduct: my-products, api: details-normal, query: unchecked, response: unfiltered }
  - { match: 'GET /{any}', upstream: backend, apiProduct: my-products, api: details-normal, response: unfiltered }
  - { match: 'GET /{any}/{thing}', upstream: backend, apiProduct: my-products, api: details-normal, response: unfiltered }
  - { match: POST /orders, upstream: backend, apiProduct: my-products, api: details-normal, request: unchecked, response: unfiltered }
`;

/** A sidecar on free ports, on real parts, before an upstream that answers as the test says. */
export interface RunningSidecar {
  readonly port: number;
  readonly managementPort: number;
  readonly store: Store;
  /** Every request that the upstream got: `GET /details`. */
  readonly upstreamRequests: string[];
  /** What was logged, line by line. */
  readonly lines: string[];
  /** How the upstream answers from now on. */
  answerWith(listener: RequestListener): void;
  /** Forgets what came and was logged; the upstream answers `[]` again. */
  forget(): void;
  close(): Promise<void>;
}

const answerEmpty: RequestListener = (_, response) => {
  response.setHeader('Content-Type', 'application/json').end('[]');
};

/**
 * @param policies a folder of Rego, relative to the checkout
 * @param sidecarKeys what else stands under `sidecar` in the configuration
 * @param appended what follows the routes
 */
export async function runSidecar(
  policies = 'policies',
  sidecarKeys = '',
  appended = '',
): Promise<RunningSidecar> {
  await using opened = new AsyncDisposableStack();
  const folder = opened.adopt(await makeFolder(), (folder) => rm(folder, { recursive: true }));
  const upstreamRequests: string[] = [];
  let answer = answerEmpty;
  const upstream = createServer((request, response) => {
    upstreamRequests.push(`${request.method} ${request.url}`);
    answer(request, response);
  });
  await listen(upstream, { host: '127.0.0.1', port: 0 });
  opened.defer(() => {
    upstream.close();
    upstream.closeAllConnections();
  });

  const loaded = await loadWithPolicy(
    await fillFolder(folder, portOf(upstream), policies, sidecarKeys, appended),
  );
  if ('faults' in loaded) throw new Error(renderFaults(loaded.faults));
  const { config, policy } = loaded;
  const store = await openStore(config.store, { durability: 'relaxed' });
  opened.defer(() => store.close());
  const lines: string[] = [];
  const log = createLog({ stream: { write: (line) => void lines.push(line) } });
  const sidecar = await startSidecar(config, { store, policy, log });
  opened.defer(() => sidecar.close());
  lines.length = 0;
  const running = opened.move();
  return {
    port: sidecar.listen.port,
    managementPort: sidecar.management.port,
    store,
    upstreamRequests,
    lines,
    answerWith: (listener) => void (answer = listener),
    forget: () => {
      upstreamRequests.length = 0;
      lines.length = 0;
      answer = answerEmpty;
    },
    close: () => running.disposeAsync(),
  };
}

export function makeFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'fullmakt-sidecar-'));
}

/**
 * Puts into a folder all that a sidecar reads: configuration, secrets, policy and store.
 * @returns the configuration
 */
export async function fillFolder(
  folder: string,
  backendPort: number,
  policies: string,
  sidecarKeys = '',
  appended = '',
): Promise<string> {
  const file = join(folder, 'fullmakt.yaml');
  await makeSecrets(folder);
  const configuration = CONFIGURATION.replace('BACKEND', String(backendPort)) + appended;
  await writeFile(file, configuration.replace('127.0.0.1:0" }', `127.0.0.1:0", ${sidecarKeys} }`));
  await writeFile(join(folder, 'state.yaml'), STATE);
  const compiled = await compilePolicies(policies);
  if ('faults' in compiled) throw new Error(compiled.faults.map(({ message }) => message).join('\n'));
  await writeFile(join(folder, 'policy.tar.gz'), compiled.bundle);
  const loaded = await loadWithPolicy(file);
  if ('faults' in loaded) throw new Error(renderFaults(loaded.faults));
  const { config } = loaded;
  const store = await openStore(config.store, { durability: 'strict' });
  const state = await readState(join(folder, 'state.yaml'));
  const applied = await applyState(store, state, { peppers: config.secrets.peppers });
  await store.close();
  if ('faults' in applied) throw new Error(renderFaults(applied.faults));
  return file;
}

/** The port that a server listens on. */
export function portOf(server: { address(): unknown }): number {
  const address = server.address();
  if (typeof address !== 'object' || address === null || !('port' in address))
    throw new Error('not listening');
  return Number(address.port);
}

/** Stands at the end of what came over a connection that was reset. */
export const RESET = '[reset]';

/** Sends bytes over a connection of their own, and gives all that comes back until it ends. */
export async function sendRaw(port: number, ...pieces: readonly (string | Buffer)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let received = '';
  socket.setEncoding('latin1').on('data', (chunk: string) => (received += chunk));
  await once(socket, 'connect');
  for (const piece of pieces) socket.write(piece);
  await new Promise<void>((resolve) => {
    socket.once('close', () => resolve()).once('error', () => (received += RESET));
  });
  return received;
}

/** What a raw answer says: its status, and the code of its problem document. */
export function readAnswer(raw: string): {
  status: number;
  code: string | undefined;
  head: string;
  body: string;
} {
  const [head = '', ...rest] = raw.split('\r\n\r\n');
  const body = rest.join('\r\n\r\n');
  const code = /"code":"(\w+)"/.exec(body)?.[1];
  return { status: Number(head.split(' ')[1]), code, head, body };
}
