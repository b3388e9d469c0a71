import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server as TlsServer } from 'node:tls';
import { createHttpServer, type ListenerTlsParts } from '../http/http-server.ts';
import type { ConclusionParts } from './conclude.ts';
import { Exchange, type Expectation } from './exchange.ts';
import { LIMITS, PATIENCE, type Patience } from './limits.ts';
import { RawExits } from './raw-exits.ts';
import { noteCarriers, resetSocket } from './reset-connection.ts';

export interface ProxyServerOptions {
  readonly patience?: Patience;
  /** Undefined: plain HTTP. */
  readonly tls?: ListenerTlsParts | undefined;
}

/**
 * The proxied port's server, not yet listening. Everything that arrives is served or ends in a raw exit; nothing is
 * left for Node to answer.
 * @param serve takes a request to the end of its answer; must not reject
 */
export function createProxyServer(
  serve: (exchange: Exchange) => Promise<void>,
  parts: ConclusionParts,
  { patience = PATIENCE, tls }: ProxyServerOptions = {},
): Server {
  const options = {
    insecureHTTPParser: false,
    maxHeaderSize: LIMITS.headBytes,
    headersTimeout: patience.head,
    requestTimeout: patience.request,
    connectionsCheckingInterval: Math.min(patience.head, 1000),
    keepAliveTimeout: patience.nextRequest,
    // Node's own answer to a missing Host has no code: the pipeline refuses it.
    requireHostHeader: false,
    // Java's client asks for h2c on every new connection, and is glad to be ignored (RFC 9110, section 7.8).
    shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() !== 'h2c',
    handshakeTimeout: patience.head,
  };
  const server = createHttpServer(options, tls);
  if (server instanceof TlsServer) noteCarriers(server);
  server.timeout = patience.silence;
  server.maxHeadersCount = LIMITS.headerLines;
  server.maxConnections = LIMITS.connections;
  // No request is dropped for coming late on its connection.
  server.maxRequestsPerSocket = 0;

  const latest = new WeakMap<Duplex, Exchange>();
  const take = (incoming: IncomingMessage, response: ServerResponse, expectation: Expectation): void => {
    const previous = latest.get(incoming.socket);
    if (previous?.unanswered === true) return endAfter(previous);
    const exchange = new Exchange(incoming, response, expectation);
    latest.set(incoming.socket, exchange);
    // A client that is gone is seen by who writes; an error without a listener would end the process.
    response.on('error', () => response.destroy());
    void serve(exchange);
  };
  server.on('request', (incoming, response) => take(incoming, response, 'none'));
  server.on('checkContinue', (incoming, response) => take(incoming, response, continueOrUnknown(incoming)));
  server.on('checkExpectation', (incoming, response) => take(incoming, response, 'unknown'));
  new RawExits(latest, parts).attach(server);
  return server;
}

/**
 * One request at a time on a connection: what is pipelined behind an unanswered one is not taken, and the connection
 * ends, upon which the client has to ask again (RFC 9112, section 9.3.2). Interleaved answers are where proxies mix
 * up whose is whose.
 */
function endAfter(exchange: Exchange): void {
  const { incoming, response } = exchange;
  exchange.followers += 1;
  // Node keeps each of them until the first is answered.
  if (exchange.followers > LIMITS.followers) resetSocket(incoming.socket);
  if (exchange.followers > 1) return;
  if (!response.headersSent) response.shouldKeepAlive = false;
  response.once('finish', () => incoming.socket.destroySoon());
}

/** Node looks for `100-continue` anywhere in the header. */
function continueOrUnknown({ headers }: IncomingMessage): Expectation {
  return headers.expect?.toLowerCase() === '100-continue' ? 'continue' : 'unknown';
}
