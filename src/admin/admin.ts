import { once } from 'node:events';
import type { Server } from 'node:http';
import express, { type ErrorRequestHandler, type Express } from 'express';
import type { Address, Config } from '../config/config.ts';
import type { AuditEvent } from '../grants/audit.ts';
import { Identities } from '../grants/identities.ts';
import { LastUse } from '../grants/last-use.ts';
import { createHttpServer } from '../http/http-server.ts';
import { listen } from '../http/listen.ts';
import { Follower } from '../store/follower.ts';
import { type Store, StoreError } from '../store/store.ts';
import { loggedListenerTls } from '../telemetry/listener-tls.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Api } from './api.ts';
import { apiRoutes } from './api-routes.ts';
import { authApi } from './auth-api/auth-api.ts';
import { identityTokenReader } from './auth-api/identity-token.ts';
import { localTimeIn } from './auth-api/local-time.ts';
import { boundConnections, PATIENCE } from './connection-bounds.ts';
import { docsPage } from './docs-page.ts';
import { confirmPages } from './mail/confirm-page.ts';
import { openMailer } from './mail/open-mailer.ts';
import { OutboxSender } from './mail/outbox-sender.ts';
import { managementApi } from './management/management-api.ts';
import { openApiDocument } from './openapi.ts';
import { type AdminProblem, problem, sendProblem } from './problems.ts';

/** What the admin service works with. */
export interface AdminParts {
  readonly store: Store;
  readonly log: Logger;
}

/** Bytes of request line and headers together: a query that is too long is then told what is wrong with it. */
const MAX_HEAD_BYTES = 64 * 1024;

export type AdminConfig = Pick<Config, 'admin' | 'secrets' | 'subscriptionKey'> & {
  readonly sidecar: Pick<Config['sidecar'], 'maxStaleness'>;
};

export interface RunningAdmin {
  /** Where it listens: with the port that it got, where any free one was asked for. */
  readonly listen: Address;
  close(): Promise<void>;
}

/**
 * Starts the admin service: its APIs, their description, and health checks.
 *
 * @throws Error with one clear line when the address cannot be listened on, its certificate not be used, or the
 *   signing key not be read
 * @throws StoreError when the store does not answer
 */
export async function startAdmin(config: AdminConfig, parts: AdminParts): Promise<RunningAdmin> {
  await using opened = new AsyncDisposableStack();
  const follower = opened.adopt(await Follower.start(parts.store), (follower) => follower.close());
  const server = createHttpServer(
    { ...PATIENCE, maxHeaderSize: MAX_HEAD_BYTES },
    loggedListenerTls(config.admin.tls, parts.log),
  );
  boundConnections(server);
  server.on('request', await createApp(config, parts, follower, opened));
  await listen(server, config.admin.listen);
  opened.defer(() => stop(server));
  opened.adopt(startSender(config, parts), (sender) => sender.close());
  const address = addressOf(server, config.admin.listen);
  parts.log.info({ listen: address }, 'the admin service listens');
  const running = opened.move();
  return { listen: address, close: () => running.disposeAsync() };
}

function startSender({ admin, secrets }: AdminConfig, { store, log }: AdminParts): OutboxSender {
  const mailer = openMailer(admin.mail, admin.mailFrom, log);
  return OutboxSender.start({ store, mailer, log, pepper: secrets.peppers[0], publicUrl: admin.publicUrl });
}

async function createApp(
  config: AdminConfig,
  { store, log }: AdminParts,
  follower: Follower,
  opened: AsyncDisposableStack,
): Promise<Express> {
  const { peppers, signingKeys } = config.secrets;
  const { timezone } = config.admin;
  const lastUse = opened.adopt(new LastUse(store), (uses) => uses.close());
  const identities = new Identities({ store, follower, peppers, timezone, lastUse });
  opened.defer(() => identities.close());
  const recorded = (event: AuditEvent) => log.info({ audit: event }, 'audit');
  const apis: readonly Api<unknown>[] = [
    authApi({
      store,
      identities,
      isStale: () => follower.silence() > config.sidecar.maxStaleness,
      readIdentityToken: await identityTokenReader(signingKeys),
      subscriptionKey: config.subscriptionKey,
      localTime: localTimeIn(timezone),
      recorded,
    }),
    managementApi({ store, peppers, recorded, operatorTokens: config.admin.operatorTokens }),
  ];
  const document = openApiDocument(apis, config.admin.publicUrl);
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.set('query parser', false);
  addHealthChecks(app, store);
  app.get('/openapi.json', (_request, response) => void response.json(document));
  const page = docsPage(document);
  app.get('/docs', (_request, response) => void response.set(page.headers).send(page.html));
  app.use(confirmPages(store, recorded));
  for (const api of apis) app.use(apiRoutes(api));
  app.use((_request, response) => sendProblem(response, problem('route_unknown', 'There is nothing here.')));
  app.use(answerFault(log));
  return app;
}

function addHealthChecks(app: Express, store: Store): void {
  app.get('/livez', (_request, response) => void response.type('text').send('ok\n'));
  app.get('/readyz', async (_request, response) => {
    await store.position();
    response.type('text').send('ok\n');
  });
}

/** Answers for whatever was thrown: a fault of the request that express found, of the store, or of ours. */
function answerFault(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const found = problemOfFault(error);
    // A path may hold a token: its pattern holds none.
    const pattern = String(request.route?.path ?? '');
    if (found.code === 'internal_error') log.error({ err: error, pattern }, 'a request failed');
    if (response.headersSent) response.destroy();
    else sendProblem(response, found);
  };
}

function problemOfFault(error: unknown): AdminProblem {
  if (error instanceof StoreError && (error.code === 'unreachable' || error.code === 'not_durable')) {
    const headers = { 'Retry-After': '5' };
    return problem('store_unreachable', 'The store does not answer. Ask again: nothing is done twice.', {
      headers,
    });
  }
  if (error instanceof URIError) return problem('request_malformed', 'The path cannot be read.');
  return problem('internal_error', 'Something is wrong with the admin service.');
}

function addressOf(server: Server, configured: Address): Address {
  const bound = server.address();
  return typeof bound === 'object' && bound !== null
    ? { host: configured.host, port: bound.port }
    : configured;
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeIdleConnections();
  await closed;
}
