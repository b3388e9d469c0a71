import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { ConclusionParts } from './conclude.ts';
import { Exchange, type Expectation } from './exchange.ts';
import { RawExits } from './raw-exits.ts';

/** Milliseconds. */
export interface ServerTimeouts {
  /** For the request line and headers to arrive. */
  readonly headers: number;
  /** For the whole request to arrive. */
  readonly request: number;
  /** Between two requests on one connection. Load balancers keep theirs for 60 s: they must be the first to close. */
  readonly keepAlive: number;
}

const TIMEOUTS: ServerTimeouts = { headers: 15_000, request: 300_000, keepAlive: 75_000 };

/** Bytes of request line and headers together. */
const MAX_HEAD_BYTES = 32 * 1024;
const MAX_HEADERS = 200;
/** Requests that a client may pipeline in vain before its connection is cut at once. */
const MAX_FOLLOWERS = 16;

/**
 * The proxied port's server, not yet listening. Everything that arrives is served or ends in a raw exit; nothing is
 * left for Node to answer.
 * @param serve takes a request to the end of its answer; must not reject
 */
export function createProxyServer(
  serve: (exchange: Exchange) => Promise<void>,
  parts: ConclusionParts,
  timeouts = TIMEOUTS,
): Server {
  const server = createServer({
    insecureHTTPParser: false,
    maxHeaderSize: MAX_HEAD_BYTES,
    headersTimeout: timeouts.headers,
    requestTimeout: timeouts.request,
    connectionsCheckingInterval: Math.min(timeouts.headers, 1000),
    keepAliveTimeout: timeouts.keepAlive,
    // Node's own answer to a missing Host has no code: the pipeline refuses it.
    requireHostHeader: false,
    // Java's client asks for h2c on every new connection, and is glad to be ignored (RFC 9110, section 7.8).
    shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() !== 'h2c',
  });
  server.maxHeadersCount = MAX_HEADERS;
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
  if (exchange.followers > MAX_FOLLOWERS) incoming.socket.resetAndDestroy();
  if (exchange.followers > 1) return;
  if (!response.headersSent) response.shouldKeepAlive = false;
  response.once('finish', () => incoming.socket.destroySoon());
}

/** Node looks for `100-continue` anywhere in the header. */
function continueOrUnknown({ headers }: IncomingMessage): Expectation {
  return headers.expect?.toLowerCase() === '100-continue' ? 'continue' : 'unknown';
}
