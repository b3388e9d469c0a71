import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { SecureContextOptions } from 'node:tls';
import { createProxyMiddleware, type Plugin, type RequestHandler } from 'http-proxy-middleware';
import type { Upstream } from '../../model/route.ts';
import type { ForwardOutcome } from './outcome.ts';
import { UnfilteredExchange, type UnfilteredParts } from './unfiltered-exchange.ts';

/** What http-proxy-middleware reads from the request, in its place while it is forwarded. */
export interface Disguise {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * The edge to http-proxy-middleware, for the routes of one upstream whose answers pass as they are. It forwards
 * every header of the request that it is given, and ends the client's connection as if all were well when the
 * upstream's breaks: so it is given a request that holds what may pass, and none of its own error handling.
 */
export class UnfilteredProxy {
  readonly #agent: HttpAgent;
  readonly #middleware: RequestHandler;
  readonly #exchanges = new WeakMap<IncomingMessage, UnfilteredExchange>();

  /** @param tls how the upstream is told from others, and what it is shown */
  constructor({ url }: Upstream, tls: SecureContextOptions) {
    this.#agent =
      url.protocol === 'https:'
        ? new HttpsAgent({ keepAlive: true, ...tls })
        : new HttpAgent({ keepAlive: true });
    this.#middleware = createProxyMiddleware({
      // The base path is part of the disguise's path.
      target: new URL(url.origin),
      agent: this.#agent,
      // Its own plugins answer errors with pages of theirs, and log to the console.
      ejectPlugins: true,
      plugins: [this.#listen],
    });
  }

  async forward(parts: UnfilteredParts, { path, headers }: Disguise): Promise<ForwardOutcome> {
    const { response } = parts;
    const { incoming } = parts.allowed.request;
    const real = { url: incoming.url, headers: incoming.headers };
    incoming.url = path;
    incoming.headers = { ...headers };
    try {
      const settlement = Promise.withResolvers<ForwardOutcome>();
      const exchange = new UnfilteredExchange(parts, settlement);
      this.#exchanges.set(incoming, exchange);
      const giveUp = (error: unknown): void =>
        exchange.fail(error ?? new Error('the request was not proxied'));
      this.#middleware(incoming, response, giveUp).catch(giveUp);
      return await settlement.promise;
    } finally {
      incoming.url = real.url ?? '';
      incoming.headers = real.headers;
    }
  }

  /** Closes each connection once nothing runs on it. */
  retire(): void {
    this.#agent.maxFreeSockets = 0;
    for (const sockets of Object.values(this.#agent.freeSockets))
      for (const socket of sockets ?? []) socket.destroy();
  }

  /** Cuts off what still runs. */
  close(): void {
    this.#agent.destroy();
  }

  readonly #listen: Plugin = (proxy) => {
    proxy.on('error', (error, incoming) => this.#of(incoming)?.fail(error));
    proxy.on('econnreset', (error, incoming) => this.#of(incoming)?.fail(error));
    proxy.on('proxyReq', (upstreamRequest, incoming) => this.#of(incoming)?.onRequest(upstreamRequest));
    proxy.on('proxyRes', (upstreamResponse, incoming) => this.#of(incoming)?.onResponse(upstreamResponse));
  };

  #of(incoming: IncomingMessage | undefined): UnfilteredExchange | undefined {
    return incoming && this.#exchanges.get(incoming);
  }
}
