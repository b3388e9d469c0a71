import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { IDENTITY_HEADER } from '../../model/identity-token.ts';
import type { RoutedRequest } from '../request.ts';

/**
 * What no configuration lets pass: of one connection only (RFC 9110, section 7.6.1); conditions and ranges
 * (sections 13 and 14), which ask about a whole that the caller does not get.
 */
const NEVER = new Set([
  'connection',
  'content-length',
  'expect',
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'range',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The request target: the upstream's base path, then the canonical path and query. */
export function upstreamTarget({ route, path, search }: RoutedRequest): string {
  return `${route.upstream.url.pathname.replace(/\/$/, '')}${path}${search}`;
}

/**
 * The headers of the request to the upstream, less those of the body's length: of the caller's only those that
 * the configuration lists, and over them ours.
 * @param keyHeader lower-cased name of the header that may hold the subscription key, which never passes
 */
export function upstreamHeaders(
  { incoming, route }: Pick<RoutedRequest, 'incoming' | 'route'>,
  identityToken: string,
  keyHeader: string,
): Record<string, string> {
  const headers: Record<string, string> = {};
  const ofTheConnection = connectionOptions(incoming.headers);
  for (const name of route.upstream.requestHeaders) {
    if (NEVER.has(name) || name === keyHeader || ofTheConnection.includes(name)) continue;
    // A token that was sent to us is of no use to an upstream but to be misused.
    if (name === 'authorization' && route.bearer !== undefined) continue;
    const value = incoming.headers[name];
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return {
    ...headers,
    host: route.upstream.url.host,
    accept: route.response === 'unfiltered' ? '*/*' : 'application/json',
    'accept-encoding': 'identity',
    [IDENTITY_HEADER]: identityToken,
  };
}

/** What tells the upstream how long a body is that goes on as it comes (RFC 9112, section 6.3). */
export function streamedLength({ headers }: IncomingMessage): Record<string, string> {
  if (headers['transfer-encoding'] !== undefined) return { 'transfer-encoding': 'chunked' };
  return headers['content-length'] === undefined ? {} : { 'content-length': headers['content-length'] };
}

/** The headers that the caller says are for this connection only. */
function connectionOptions({ connection }: IncomingHttpHeaders): readonly string[] {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return [];
  return connection.split(',').map((option) => option.trim().toLowerCase());
}
