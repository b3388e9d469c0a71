import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { Identities } from '../../src/grants/identities.ts';
import type { Roles } from '../../src/grants/roles.ts';
import type { Identity } from '../../src/model/identity.ts';
import type { Route } from '../../src/model/route.ts';
import { Secret } from '../../src/model/secret.ts';
import { Decisions } from '../../src/policy/decisions.ts';
import type { ItemInput, Policy, PolicyFault } from '../../src/policy/engine.ts';
import { TokenIssuers } from '../../src/sidecar/authenticate/token-issuers.ts';
import { Forwarder } from '../../src/sidecar/forward/forwarder.ts';
import { IdentitySigner } from '../../src/sidecar/identity-signer.ts';
import { InFlight } from '../../src/sidecar/in-flight.ts';
import { PATIENCE, type Patience } from '../../src/sidecar/limits.ts';
import { type PipelineParts, serve } from '../../src/sidecar/pipeline.ts';
import { RouteTable } from '../../src/sidecar/route/match.ts';
import { createProxyServer } from '../../src/sidecar/server.ts';
import type { Decision } from '../../src/telemetry/decision.ts';
import { createLog } from '../../src/telemetry/log.ts';

/** Owner of everything of wholesaler 10001. */
export const OWNER = 'key-of-the-owner-10001';
/** Holds a grant on 10001's items of distributor 20003. */
export const PARTNER = 'key-of-the-partner-20003';
export const STRANGER = 'key-of-a-stranger-without-rights';

export interface Proxy {
  readonly port: number;
  readonly url: string;
  readonly signer: IdentitySigner;
  /** How each request ended, in order. */
  readonly decisions: Decision[];
  /** Everything that was logged. */
  log(): string;
  /** From now on nobody's identity is what it was. */
  changeRights(): void;
  changeProduct(productId: string, attributes: Record<string, string>): void;
}

/** The whole proxied port: real but for the store, whose records are given here, and the policy, written in TypeScript. */
export async function startProxy(
  routes: readonly Route[],
  options: {
    readonly products?: ReadonlyMap<string, Record<string, string>>;
    readonly policyFails?: boolean;
    readonly patience?: Patience;
  } = {},
): Promise<Proxy> {
  const signer = await IdentitySigner.create([newSigningKey()]);
  const decisions: Decision[] = [];
  const lines: string[] = [];
  const log = createLog({ stream: { write: (line) => void lines.push(line) } });
  const upstreams = [...new Set(routes.map((route) => route.upstream))];
  const subscriptionKey = { header: 'Ocp-Apim-Subscription-Key', query: 'subscription-key' };
  const products = new Map(options.products);
  let version = 0;
  const forwarder = new Forwarder({
    config: { upstreams, routes, subscriptionKey, sidecar: { trustedProxies: [] } },
    catalog: standIn<Catalog>({
      attributesOf: (productId) => products.get(productId),
      get version() {
        return version;
      },
    }),
    signer,
    log,
  });
  const known = identities();
  let current = true;
  const pipeline: PipelineParts = {
    routes: new RouteTable(routes),
    authentication: {
      identities: standIn<Identities>({
        identify: (key) => Promise.resolve(known.get(key)),
        isCurrent: () => current,
      }),
      tokenIssuers: new TokenIssuers([], log),
      silence: () => 0,
      maxStaleness: 1000,
      keyHeader: subscriptionKey.header,
    },
    keyParameter: subscriptionKey.query,
    roles: standIn<Roles>({ rolesFor: () => ['STOCK_READ'] }),
    decisions: new Decisions(policy(options.policyFails === true)),
    forwarder,
    inFlight: new InFlight(),
    refusals: 'problem',
    log,
    report: (decision) => decisions.push(decision),
  };
  const server = createProxyServer((exchange) => serve(exchange, pipeline), pipeline, {
    patience: options.patience ?? PATIENCE,
  });
  const port = await listen(server);
  onTestFinished(async () => {
    server.closeAllConnections();
    await forwarder.close();
  });
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    signer,
    decisions,
    log: () => lines.join(''),
    changeRights: () => (current = false),
    changeProduct: (productId, attributes) => {
      products.set(productId, attributes);
      version += 1;
    },
  };
}

/** A backend that speaks HTTP properly. */
export async function startUpstream(listener: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(listener);
  const port = await listen(server);
  onTestFinished(() => server.closeAllConnections());
  return { url: `http://127.0.0.1:${port}`, server };
}

/** A backend that answers every request with these bytes, and does with the connection what it is told. */
export async function startRawUpstream(
  answer: (socket: Socket, head: string) => void | Promise<void>,
): Promise<{ url: string; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk) => void answer(socket, chunk.toString('latin1')));
  });
  const port = await listen(server);
  onTestFinished(() => sockets.forEach((socket) => socket.destroy()));
  return { url: `http://127.0.0.1:${port}`, sockets };
}

async function listen(server: Server | TcpServer): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen');
  return address.port;
}

function newSigningKey(): Secret {
  return new Secret(JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' })));
}

function identities(): ReadonlyMap<string, Identity> {
  const identity = (userId: string, rights: Partial<Identity> = {}): Identity => ({
    userId,
    email: `${userId}@example.no`,
    subscription: { id: `s-${userId}`, apiProduct: 'my-products' },
    owns: [],
    grants: [],
    ...rights,
  });
  const scope = { distributor: ['20003'] };
  return new Map([
    [OWNER, identity('owner', { owns: ['10001'] })],
    [
      PARTNER,
      identity('partner', {
        grants: [{ wholesalerId: '10001', roleId: 'STOCK_READ', scope, endsAt: undefined }],
      }),
    ],
    [STRANGER, identity('stranger')],
  ]);
}

/** A class's public face, as far as it is used here: what stands behind it needs a store. */
export function standIn<T>(face: Partial<T>): T {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a class with private members has no other stand-in
  return face as T;
}

function policy(fails: boolean): Policy {
  const sees = ({ attributes, owned, grants }: ItemInput): boolean =>
    owned ||
    grants.some(({ scope }) =>
      Object.entries(scope).every(([name, values]) => values.includes(attributes[name] ?? '')),
    );
  const fault: PolicyFault = { fault: 'the policy failed in the test' };
  return standIn<Policy>({
    revision: 'test',
    readsNow: false,
    request: () => ({ allow: true, reason: 'test' }),
    items: (_, items) => (fails ? fault : items.map(sees)),
  });
}
