import type { IncomingMessage } from 'node:http';
import type { Route } from '../../model/route.ts';
import { type CorsRoute, preflightedRoute } from '../cors.ts';
import { isRefusal, type Refusal, refuse } from '../refusals.ts';
import type { RoutedRequest } from '../request.ts';
import { canonicalTarget } from './canonical.ts';
import { checkFraming, hasBody } from './framing.ts';
import type { RouteTable } from './match.ts';
import { readQuery } from './query.ts';

/** The route that a browser asks about before a page's own request. */
export interface FoundPreflight {
  readonly route: CorsRoute;
  readonly isPreflight: true;
}

/** The route that a request is for; its query has not been read yet. */
export interface FoundRoute {
  readonly route: Route;
  readonly method: string;
  readonly path: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly rawQuery: string;
}

/** The names under which frameworks let a POST pretend to be another method. */
const METHOD_OVERRIDES = ['x-http-method-override', 'x-http-method', 'x-method-override'];

/** Finds the one route of a request, by its path in canonical form and its method. */
export function findRoute(
  table: RouteTable,
  incoming: IncomingMessage,
): FoundRoute | FoundPreflight | Refusal {
  const malformed = checkFraming(incoming);
  if (malformed !== undefined) return malformed;
  const target = canonicalTarget(incoming.url ?? '');
  if (isRefusal(target)) return target;
  const match = table.find(target.segments);
  if (match.kind === 'unknown') return refuse('route_unknown', 'There is no route with this path.');
  if (match.kind === 'ambiguous') {
    return refuse('path_ambiguous', 'The path differs from a route’s only by upper and lower case.');
  }
  const preflight = preflightedRoute(incoming, match.routes);
  if (preflight !== undefined && !hasBody(incoming)) return { route: preflight, isPreflight: true };
  const method = incoming.method ?? '';
  const route = match.routes.get(method) ?? (method === 'HEAD' ? match.routes.get('GET') : undefined);
  if (route === undefined) {
    const allow = allowedMethods(match.routes);
    return refuse('method_unknown', `The route takes ${allow} only.`, { Allow: allow });
  }
  const parameters = nameValues(route, match.values);
  return { route, method, path: target.path, parameters, rawQuery: target.rawQuery };
}

/**
 * Reads the rest of what a request asks for.
 * @param keyName of the query parameter that may hold the subscription key
 */
export function readRequest(
  found: FoundRoute,
  incoming: IncomingMessage,
  decisionId: string,
  keyName: string,
): RoutedRequest | Refusal {
  if (METHOD_OVERRIDES.some((name) => incoming.headers[name] !== undefined)) {
    return refuse('method_override', 'No header may name another method.');
  }
  const { route, method, path, parameters, rawQuery } = found;
  // A body that means nothing (RFC 9110, section 9.3.1) is where requests are smuggled.
  if (route.request === undefined && hasBody(incoming)) {
    return refuse('body_malformed', 'The route takes no request body.');
  }
  const query = readQuery(rawQuery, route.query, keyName);
  if (isRefusal(query)) return query;
  return {
    incoming,
    route,
    decisionId,
    method,
    path,
    parameters,
    query: query.parameters,
    search: query.search,
    queryKey: query.key,
  };
}

function allowedMethods(routes: ReadonlyMap<string, Route>): string {
  const methods = new Set(routes.keys());
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].sort().join(', ');
}

function nameValues({ path }: Route, values: readonly string[]): Record<string, string> {
  const names = path.filter((segment) => segment.kind === 'parameter').map(({ name }) => name);
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? '']));
}
