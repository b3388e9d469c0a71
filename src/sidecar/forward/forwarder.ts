import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough } from 'node:stream';
import type { Catalog } from '../../catalog/catalog.ts';
import type { Config } from '../../config/config.ts';
import type { Route, Upstream } from '../../model/route.ts';
import type { Logger } from '../../telemetry/log.ts';
import type { AllowedRequest } from '../authorize.ts';
import type { IdentitySigner } from '../identity-signer.ts';
import { isRefusal } from '../refusals.ts';
import type { AuthenticatedRequest } from '../request.ts';
import { planRewrite, type RewritePlan } from '../rewrite/rewrite-plan.ts';
import { rightsChanged } from '../rewrite/verdict.ts';
import { hasBody } from '../route/framing.ts';
import { ClientChain } from './client-chain.ts';
import { FilteredExchange } from './filtered-exchange.ts';
import { type ForwardOutcome, type Refused, refusedFor } from './outcome.ts';
import { checkItems, checkPathProduct, readJsonBody } from './request-body.ts';
import { UpstreamConnections } from './upstream-connections.ts';
import { RightsChanged } from './upstream-fault.ts';
import { streamedLength, upstreamHeaders, upstreamTarget } from './upstream-request.ts';

export interface ForwarderParts {
  readonly config: Pick<Config, 'upstreams' | 'routes' | 'subscriptionKey'> & {
    readonly sidecar: Pick<Config['sidecar'], 'trustedProxies'>;
  };
  readonly catalog: Catalog;
  readonly signer: IdentitySigner;
  readonly log: Logger;
}

/** A body that has been read and checked; or one that goes on as it comes, or none. */
type RequestBody =
  | { readonly kind: 'checked'; readonly bytes: Buffer }
  | { readonly kind: 'streamed' | 'none' };

/** Sends allowed requests to their upstreams, and to the client what it may see of the answers. */
export class Forwarder {
  readonly #parts: ForwarderParts;
  readonly #keyHeader: string;
  readonly #clientChain: ClientChain;
  readonly #plans = new Map<Route, RewritePlan>();
  readonly #connections = new Map<Upstream, UpstreamConnections>();

  /** @throws Error with one line for a person, where an upstream's certificates cannot be used */
  constructor(parts: ForwarderParts) {
    this.#parts = parts;
    const { upstreams, routes, subscriptionKey, sidecar } = parts.config;
    this.#clientChain = new ClientChain(sidecar.trustedProxies);
    this.#keyHeader = subscriptionKey.header.toLowerCase();
    for (const upstream of upstreams)
      this.#connections.set(upstream, new UpstreamConnections(upstream, parts.log));
    for (const route of routes) {
      if (route.response !== 'unfiltered')
        this.#plans.set(route, planRewrite(route.response, route.upstream));
    }
  }

  /** Resolves when there is nothing more to do for the request: the client has its answer, or will not get one. */
  async forward(allowed: AllowedRequest, response: ServerResponse): Promise<ForwardOutcome> {
    const { request } = allowed;
    const body = await this.#readBody(allowed);
    if (body === undefined) return { kind: 'reset', code: 'client_aborted' };
    if (body.kind === 'refused') return body;
    const token = await this.#parts.signer.sign(request.identity, request.route.upstream.name, Date.now());
    if (response.destroyed) return { kind: 'reset', code: 'client_aborted' };
    // Reading and signing took their time: nothing goes upstream by rights that have changed since.
    if (!request.isCurrent()) return refusedFor(rightsChanged(), undefined);
    const headers = {
      ...upstreamHeaders(request, token, this.#keyHeader),
      ...this.#clientChain.headers(request.incoming),
      ...checkedType(body, request.incoming),
    };
    return this.#send(allowed, response, body, headers);
  }

  /** Cuts off what still runs. */
  async close(): Promise<void> {
    await Promise.all([...this.#connections.values()].map((connections) => connections.close()));
  }

  async #readBody(allowed: AllowedRequest): Promise<RequestBody | Refused | undefined> {
    const { route, incoming } = allowed.request;
    if (route.request === undefined) return { kind: 'none' };
    const unread: RequestBody = { kind: hasBody(incoming) ? 'streamed' : 'none' };
    if (route.request === 'unchecked') return unread;
    if ('parameter' in route.request)
      return checkPathProduct(allowed, route.request, this.#parts.catalog) ?? unread;
    const bytes = await readJsonBody(incoming, route.upstream.maxBodyBytes);
    if (bytes === undefined) return undefined;
    if (isRefusal(bytes)) return { kind: 'refused', refusal: bytes };
    return checkItems(bytes, allowed, route.request, this.#parts.catalog) ?? { kind: 'checked', bytes };
  }

  #send(
    allowed: AllowedRequest,
    response: ServerResponse,
    body: RequestBody,
    headers: Record<string, string>,
  ): Promise<ForwardOutcome> {
    const { catalog, config } = this.#parts;
    const { request } = allowed;
    const { route, incoming } = request;
    const path = upstreamTarget(request);
    const connections = this.#connections.get(route.upstream);
    if (connections === undefined) throw new Error('a route leads to an upstream that is not configured');
    const plan = this.#plans.get(route);
    if (plan === undefined) {
      const bytes = body.kind === 'checked' ? body.bytes : undefined;
      const length = bytes === undefined ? streamedLength(incoming) : { 'content-length': `${bytes.length}` };
      return connections.proxy.forward(
        { allowed, response, body: bytes },
        { path, headers: { ...headers, ...length } },
      );
    }
    return FilteredExchange.run(
      connections.pool,
      {
        path,
        headers: { ...headers, ...dispatchedLength(body, incoming) },
        body: dispatchedBody(body, request),
      },
      { allowed, response, plan, catalog, keyParameter: config.subscriptionKey.query },
    );
  }
}

/** The type that a body was checked as goes with it, whatever is listed or named in `Connection`. */
function checkedType({ kind }: RequestBody, { headers }: IncomingMessage): Record<string, string> {
  const type = headers['content-type'];
  return kind === 'checked' && type !== undefined ? { 'content-type': type } : {};
}

/** undici takes no Transfer-Encoding: it chunks what has no length. */
function dispatchedLength({ kind }: RequestBody, { headers }: IncomingMessage): Record<string, string> {
  const length = headers['content-length'];
  return kind === 'streamed' && length !== undefined ? { 'content-length': length } : {};
}

/** undici destroys a stream that it has no more use for, and with the request its client's connection. */
function dispatchedBody(body: RequestBody, request: AuthenticatedRequest): Buffer | PassThrough | null {
  if (body.kind === 'checked') return body.bytes;
  if (body.kind === 'none') return null;
  const { incoming } = request;
  const stream = new PassThrough();
  // Before what is piped: a body must not be made whole by what came after its sender's rights had changed.
  incoming.prependListener('data', () => {
    if (!request.isCurrent()) stream.destroy(new RightsChanged());
  });
  incoming.pipe(stream);
  incoming.once('close', () => {
    if (!incoming.complete) stream.destroy();
  });
  stream.once('close', () => incoming.resume());
  return stream;
}
