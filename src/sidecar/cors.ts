import type { IncomingMessage } from 'node:http';
import type { Cors, Route } from '../model/route.ts';
import { type Refusal, refuse } from './refusals.ts';

/** A route that pages may call. */
export type CorsRoute = Route & { readonly cors: Cors };

/** A preflight's answer. */
export interface Preflight {
  readonly status: 204;
  readonly headers: Readonly<Record<string, string>>;
}

/** The route that a browser asks about, if its request is such a question, and the route has an answer. */
export function preflightedRoute(
  { method, headers }: IncomingMessage,
  routes: ReadonlyMap<string, Route>,
): CorsRoute | undefined {
  const wanted = headers['access-control-request-method'];
  if (method !== 'OPTIONS' || headers.origin === undefined || wanted === undefined) return undefined;
  const route = routes.get(wanted === 'HEAD' ? 'GET' : wanted);
  return hasCors(route) ? route : undefined;
}

function hasCors(route: Route | undefined): route is CorsRoute {
  return route?.cors !== undefined;
}

/**
 * What every answer of a route with `cors` carries, refusals too, so that a page that may call the route can read
 * what it is told, and a cache never gives one page's answer to another.
 */
export function corsHeaders({ cors, response }: Route, { headers }: IncomingMessage): Record<string, string> {
  if (cors === undefined) return {};
  if (!allows(cors, headers.origin)) return { vary: 'Origin' };
  const exposed = response === 'unfiltered' ? ['*'] : ['link', 'retry-after', ...response.headers];
  return { ...permission(cors, headers.origin), 'access-control-expose-headers': exposed.join(', ') };
}

/**
 * Answers a browser that asks what a page may send (the Fetch standard's CORS-preflight fetch). It carries no key,
 * so it is answered from the configuration alone.
 * @param route the one that the page wants to call
 * @param credential lower-cased name of the header that tells who calls there
 */
export function answerPreflight(
  route: CorsRoute,
  { headers }: IncomingMessage,
  credential: string,
): Preflight | Refusal {
  const { cors } = route;
  if (!allows(cors, headers.origin))
    return refuse('origin_refused', 'Pages of this origin may not call the route.');
  const allowed = [credential, ...route.upstream.requestHeaders, ...cors.headers];
  const wanted = headers['access-control-request-headers']?.toString().toLowerCase().split(',') ?? [];
  if (!wanted.every((name) => name.trim() === '' || allowed.includes(name.trim())))
    return refuse('origin_refused', `Pages may send these headers only: ${allowed.join(', ')}.`);
  return {
    status: 204,
    headers: {
      ...permission(cors, headers.origin),
      'access-control-allow-methods': route.method === 'GET' ? 'GET, HEAD' : route.method,
      'access-control-allow-headers': [...new Set(allowed)].join(', '),
      'access-control-max-age': String(Math.floor(cors.maxAge / 1000)),
      vary: 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers',
    },
  };
}

function allows({ origins }: Cors, origin: string | undefined): origin is string {
  return origin !== undefined && origins.includes(origin);
}

function permission({ credentials }: Cors, origin: string): Record<string, string> {
  const headers: Record<string, string> = { 'access-control-allow-origin': origin, vary: 'Origin' };
  if (credentials) headers['access-control-allow-credentials'] = 'true';
  return headers;
}
