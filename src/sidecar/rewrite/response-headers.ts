import type { OutgoingHttpHeaders } from 'node:http';
import { type LinkContext, passableLinks } from './link.ts';

/** Field values by lower-cased name; an array where a field came more than once. */
export type UpstreamHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** What describes the body that is sent. */
const OF_THE_BODY = ['content-type', 'content-language', 'retry-after'];

/** Ours to set, or of one connection only (RFC 9110, section 7.6.1), or a cookie: no configuration lets them pass. */
const NEVER = new Set([
  'cache-control',
  'connection',
  'content-encoding',
  'content-length',
  'date',
  'keep-alive',
  'link',
  'proxy-authenticate',
  'proxy-connection',
  'set-cookie',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'vary',
]);

/** The headers of an answer whose body is made from the upstream's: an allow-list. */
export function bodyHeaders(upstream: UpstreamHeaders, context: LinkContext): OutgoingHttpHeaders {
  return { ...pick(upstream, OF_THE_BODY), ...listHeaders(upstream, context) };
}

/**
 * The headers of a list with nothing in it: no trace of whether the upstream's was empty, absent, or somebody
 * else's. Links pass, for a page with nothing on it must still tell where the next one is.
 */
export function emptyListHeaders(upstream: UpstreamHeaders, context: LinkContext): OutgoingHttpHeaders {
  return { 'content-type': 'application/json', ...listHeaders(upstream, context) };
}

function listHeaders(upstream: UpstreamHeaders, context: LinkContext) {
  const { response } = context.route;
  const named = response === 'unfiltered' ? [] : response.headers;
  const headers: OutgoingHttpHeaders = {
    ...pick(
      upstream,
      named.filter((name) => !NEVER.has(name) && !OF_THE_BODY.includes(name)),
    ),
    'cache-control': 'no-store',
  };
  const { link } = upstream;
  const passable = link && passableLinks(link, context);
  if (passable !== undefined && passable !== '') headers['link'] = passable;
  return headers;
}

function pick(upstream: UpstreamHeaders, names: readonly string[]): OutgoingHttpHeaders {
  const picked: OutgoingHttpHeaders = {};
  for (const name of names) {
    const value = upstream[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
