import { isIPv6 } from 'node:net';
import { normalizeEmail } from '../model/email.ts';
import type {
  AttributeSource,
  FilteredResponse,
  ItemSelection,
  Route,
  TokenIssuer,
  Upstream,
} from '../model/route.ts';
import type { Selector } from '../model/selector.ts';
import type { Address, Config } from './config.ts';
import type { ConfigFile } from './schema.ts';

type WrittenRoute = ConfigFile['routes'][number];
/** `attributes` or `catalog`: the rules see to it that there is one of them. */
interface WrittenSelection {
  readonly items: Selector;
  readonly attributes?: Readonly<Record<string, Selector>> | undefined;
  readonly catalog?: Selector | undefined;
}

/**
 * Puts a file without faults into the shape that the parts work with.
 * @param resolvePath from a path as it was written to an absolute one
 */
export function resolveConfig(file: ConfigFile, resolvePath: (written: string) => string): Config {
  const { store, sidecar, admin, secrets, subscriptionKey, refusals } = file;
  const upstreams = Object.entries(file.upstreams).map(([name, upstream]) =>
    resolveUpstream(name, upstream, resolvePath),
  );
  const tokenIssuers = Object.entries(file.tokenIssuers).map(([name, issuer]) =>
    resolveIssuer(name, issuer, resolvePath),
  );
  const publicUrl = admin.publicUrl ?? urlOf(admin.listen, admin.tls === undefined ? 'http' : 'https');
  return {
    sidecar: { ...sidecar, tls: resolveListenerTls(sidecar.tls, resolvePath) },
    admin: {
      ...admin,
      tls: resolveListenerTls(admin.tls, resolvePath),
      publicUrl,
      mailFrom: admin.mailFrom ?? senderOf(publicUrl),
    },
    store: store.kind === 'sqlite' ? { kind: 'sqlite', path: resolvePath(store.path) } : store,
    policy: resolvePath(file.policy),
    secrets: { peppers: secrets.pepper, signingKeys: secrets.signingKey },
    subscriptionKey,
    refusals,
    tokenIssuers,
    upstreams,
    routes: file.routes.map((route) => resolveRoute(route, upstreams, tokenIssuers)),
  };
}

/** Whoever did not say where mails come from: something at the admin's own name, if it has one. */
function senderOf({ hostname }: URL): string {
  return normalizeEmail(`no-reply@${hostname}`) ?? 'no-reply@fullmakt.invalid';
}

function urlOf({ host, port }: Address, scheme: 'http' | 'https'): URL {
  if (host === '0.0.0.0' || host === '::') return new URL(`${scheme}://localhost:${port}`);
  return new URL(`${scheme}://${isIPv6(host) ? `[${host}]` : host}:${port}`);
}

type WrittenListenerTls = ConfigFile['sidecar']['tls'];

function resolveListenerTls(tls: WrittenListenerTls, resolvePath: (written: string) => string) {
  if (tls === undefined) return undefined;
  const { certificate, key, clientCa } = tls;
  return {
    certificate: resolvePath(certificate),
    key: resolvePath(key),
    clientCa: clientCa === undefined ? undefined : resolvePath(clientCa),
  };
}

function resolveUpstream(
  name: string,
  upstream: ConfigFile['upstreams'][string],
  resolvePath: (written: string) => string,
): Upstream {
  if (upstream.tls === undefined) return { ...upstream, name, tls: undefined };
  const { ca, certificate, key } = upstream.tls;
  const hasPair = certificate !== undefined && key !== undefined;
  const tls = {
    ca: ca === undefined ? undefined : resolvePath(ca),
    keyPair: hasPair ? { certificate: resolvePath(certificate), key: resolvePath(key) } : undefined,
  };
  return { ...upstream, name, tls };
}

function resolveIssuer(
  name: string,
  issuer: ConfigFile['tokenIssuers'][string],
  resolvePath: (written: string) => string,
): TokenIssuer {
  const { jwks } = issuer;
  return { ...issuer, name, jwks: typeof jwks === 'string' ? resolvePath(jwks) : jwks };
}

function resolveRoute(
  route: WrittenRoute,
  upstreams: readonly Upstream[],
  tokenIssuers: readonly TokenIssuer[],
): Route {
  const upstream = upstreams.find(({ name }) => name === route.upstream);
  if (upstream === undefined) throw new Error('a route without an upstream got past the rules');
  const bearer = tokenIssuers.find(({ name }) => name === route.bearer);
  // Without it the route would be open to subscription keys.
  if (route.bearer !== undefined && bearer === undefined)
    throw new Error('a route without a token issuer got past the rules');
  const { match, request, response } = route;
  return {
    match: match.written,
    method: match.method,
    path: match.path,
    upstream,
    bearer,
    apiProduct: route.apiProduct,
    api: route.api,
    query: route.query,
    request: typeof request === 'object' && !('parameter' in request) ? resolveSelection(request) : request,
    response: typeof response === 'object' ? resolveResponse(response) : response,
    cors: route.cors,
  };
}

function resolveResponse(response: Exclude<WrittenRoute['response'], string>): FilteredResponse {
  const { keep, prune, headers, whenEmpty, errors } = response;
  return { ...resolveSelection(response), keep, prune, headers, whenEmpty, errors };
}

function resolveSelection(selection: WrittenSelection): ItemSelection {
  return { items: selection.items, source: resolveSource(selection) };
}

function resolveSource({ attributes, catalog }: WrittenSelection): AttributeSource {
  if (attributes !== undefined)
    return { kind: 'attributes', attributes: new Map(Object.entries(attributes)) };
  if (catalog !== undefined) return { kind: 'catalog', productId: catalog };
  throw new Error('a selection without attributes got past the rules');
}
