import { once } from 'node:events';
import type { Server } from 'node:http';
import { Catalog } from '../catalog/catalog.ts';
import type { Address, Config } from '../config/config.ts';
import { Identities } from '../grants/identities.ts';
import { LastUse } from '../grants/last-use.ts';
import { Roles } from '../grants/roles.ts';
import { listen } from '../http/listen.ts';
import { Decisions } from '../policy/decisions.ts';
import type { Policy } from '../policy/engine.ts';
import { Follower } from '../store/follower.ts';
import type { Store } from '../store/store.ts';
import { loggedListenerTls } from '../telemetry/listener-tls.ts';
import type { Logger } from '../telemetry/log.ts';
import { Metrics } from '../telemetry/metrics.ts';
import { TokenIssuers } from './authenticate/token-issuers.ts';
import { Forwarder } from './forward/forwarder.ts';
import { IdentitySigner } from './identity-signer.ts';
import { InFlight } from './in-flight.ts';
import { DRAIN_BOUND } from './limits.ts';
import { createManagementServer } from './management.ts';
import { type PipelineParts, serve } from './pipeline.ts';
import { RouteTable } from './route/match.ts';
import { createProxyServer } from './server.ts';

export interface Sidecar {
  /** Where it listens: as configured, with the port that was free where that says 0. */
  readonly listen: Address;
  readonly management: Address;
  /** Takes no more requests, lets those under way end (25 s at most), and stops. The store stays open. */
  close(): Promise<void>;
}

interface SidecarParts {
  readonly store: Store;
  readonly policy: Policy;
  readonly log: Logger;
}

/** What stands before the pipeline does. */
interface Foundation extends SidecarParts {
  readonly follower: Follower;
  readonly signer: IdentitySigner;
  readonly metrics: Metrics;
  readonly inFlight: InFlight;
}

/**
 * Starts the proxy and its management port. Resolves when all that decides is loaded and both listen.
 * @throws Error with one line for a person: an address in use, a store that does not answer, an unreadable key
 */
export async function startSidecar(config: Config, parts: SidecarParts): Promise<Sidecar> {
  await using opened = new AsyncDisposableStack();
  const metrics = new Metrics();
  const inFlight = new InFlight();
  const signer = await IdentitySigner.create(config.secrets.signingKeys);
  const follower = opened.adopt(await Follower.start(parts.store), (follower) => follower.close());

  let started = false;
  const notReady = (): string | undefined => {
    if (!started) return 'starting';
    if (inFlight.draining) return 'draining';
    return follower.silence() > config.sidecar.maxStaleness ? 'no word from the store' : undefined;
  };
  const management = createManagementServer({
    isStarted: () => started,
    notReady,
    metrics,
    jwks: signer.jwks,
  });
  await listen(management, config.sidecar.management);
  opened.defer(() => stop(management));

  const pipeline = await openPipeline(config, { ...parts, follower, signer, metrics, inFlight }, opened);
  const proxy = createProxyServer((exchange) => serve(exchange, pipeline), pipeline, {
    tls: loggedListenerTls(config.sidecar.tls, parts.log),
  });
  await listen(proxy, config.sidecar.listen);
  opened.defer(() => stop(proxy, () => inFlight.drain(DRAIN_BOUND)));
  started = true;

  const addresses = {
    listen: addressOf(proxy, config.sidecar.listen),
    management: addressOf(management, config.sidecar.management),
  };
  parts.log.info(addresses, 'listening');
  const running = opened.move();
  return { ...addresses, close: () => running.disposeAsync() };
}

/** Loads what decides. What must be closed is put on the stack. */
async function openPipeline(
  config: Config,
  { store, policy, log, follower, signer, metrics, inFlight }: Foundation,
  opened: AsyncDisposableStack,
): Promise<PipelineParts> {
  const adopt = <Part extends { close(): unknown }>(part: Part): Part =>
    opened.adopt(part, async () => void (await part.close()));
  const catalog = adopt(await Catalog.open(store, follower));
  const roles = adopt(await Roles.open(store, follower));
  const { peppers } = config.secrets;
  const { timezone } = config.admin;
  const lastUse = adopt(new LastUse(store));
  const identities = adopt(new Identities({ store, follower, peppers, timezone, lastUse }));
  const forwarder = adopt(new Forwarder({ config, catalog, signer, log }));
  const tokenIssuers = adopt(new TokenIssuers(config.tokenIssuers, log));
  observe(metrics, inFlight, follower, catalog);
  return {
    routes: new RouteTable(config.routes),
    authentication: {
      identities,
      tokenIssuers,
      // What is being read again from the start lacks the rest: as good as no word at all.
      silence: () => (catalog.complete && roles.complete ? follower.silence() : Number.POSITIVE_INFINITY),
      maxStaleness: config.sidecar.maxStaleness,
      keyHeader: config.subscriptionKey.header,
    },
    keyParameter: config.subscriptionKey.query,
    roles,
    decisions: new Decisions(policy),
    forwarder,
    inFlight,
    refusals: config.refusals,
    log,
    report: (decision) => {
      log.info(decision, 'decision');
      metrics.count(decision);
    },
  };
}

function observe(metrics: Metrics, inFlight: InFlight, follower: Follower, catalog: Catalog): void {
  metrics.gauge('fullmakt_requests_in_flight', 'Requests that have no whole answer yet', () => inFlight.size);
  metrics.gauge(
    'fullmakt_store_silence_seconds',
    'Time since the last word from the store',
    () => follower.silence() / 1000,
  );
  metrics.gauge('fullmakt_catalog_products', 'Products in the catalog', () => catalog.size);
}

function addressOf(server: Server, configured: Address): Address {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null
    ? { host: configured.host, port: bound.port }
    : configured;
}

/** @param drained resolves when the connections that are left may be cut */
async function stop(server: Server, drained: () => Promise<void> = async () => {}): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  await drained();
  server.closeAllConnections();
  await closed;
}
