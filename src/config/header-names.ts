import { textFormat } from './text-format.ts';

/** RFC 9110, section 5.6.2: token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** RFC 9110, section 7.6.1, and what frames a message: these are one connection's own. */
const HOP_BY_HOP = [
  'connection',
  'content-length',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** What the sidecar says to an upstream itself, and what would make it answer for something else. */
const REQUEST_RESERVED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'accept',
  'accept-encoding',
  'expect',
  'fullmakt-identity',
  'host',
  'http2-settings',
  // A part of an answer, or none, cannot be filtered.
  'if-match',
  'if-modified-since',
  'if-none-match',
  'if-range',
  'if-unmodified-since',
  'range',
  // A session is a second identity, one that a browser sends unasked. (`authorization` may be named: it is
  // given on purpose, and an upstream may want it.)
  'cookie',
  // For whom a request was sent on: only a trusted proxy knows, and the sidecar tells it.
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-forwarded-server',
  'x-real-ip',
  // The request would be another than the one that was routed.
  'x-http-method',
  'x-http-method-override',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
]);

/** What the sidecar says to callers itself, and what would not be true of a filtered body. */
const RESPONSE_RESERVED: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'accept-ranges',
  // Which pages may read an answer is a route's `cors` to say.
  'access-control-allow-credentials',
  'access-control-allow-headers',
  'access-control-allow-methods',
  'access-control-allow-origin',
  'access-control-expose-headers',
  'access-control-max-age',
  'cache-control',
  'content-encoding',
  'content-range',
  'set-cookie',
  // No cache may keep the answer; what it varies with is ours to say.
  'vary',
  'www-authenticate',
]);

/** Any header; lower-cased. */
export const HeaderName = headerName(new Set(), '');
/** A header of a request that may pass to an upstream; lower-cased. */
export const RequestHeaderName = headerName(REQUEST_RESERVED, 'this header cannot be passed on');
/** A header of an upstream's answer that may pass to a caller; lower-cased. */
export const ResponseHeaderName = headerName(RESPONSE_RESERVED, 'this header cannot be passed on');
/** The header that the subscription key comes in, as written: callers are told of it. */
export const KeyHeaderName = headerName(
  new Set([...REQUEST_RESERVED, 'authorization', 'content-type']),
  'this header cannot carry a key',
  (text) => text,
);

function headerName(
  reserved: ReadonlySet<string>,
  fault: string,
  spell: (text: string) => string = (text) => text.toLowerCase(),
) {
  return textFormat((text) => {
    if (!TOKEN.test(text)) return { fault: 'is no header name' };
    return reserved.has(text.toLowerCase()) ? { fault } : { value: spell(text) };
  });
}
