/**
 * Every way in which the sidecar says no. The README's table is held to this one by a test.
 * `status` undefined: the upstream's own.
 */
export const REFUSALS = {
  request_malformed: { status: 400, title: 'The request is not valid HTTP' },
  path_ambiguous: { status: 400, title: 'The path can be read in more than one way' },
  query_unknown: { status: 400, title: 'The route has no such query parameter' },
  query_ambiguous: { status: 400, title: 'A query parameter is repeated or cannot be read in one way' },
  key_ambiguous: { status: 400, title: 'The subscription key is given more than once, differently' },
  method_override: { status: 400, title: 'The method may not be overridden' },
  body_malformed: { status: 400, title: 'The request body is not the JSON that the route takes' },
  key_missing: { status: 401, title: 'A subscription key is required' },
  key_invalid: { status: 401, title: 'The subscription key is not valid here' },
  token_missing: { status: 401, title: 'A bearer token is required' },
  token_invalid: { status: 401, title: 'The bearer token is not valid here' },
  origin_refused: { status: 403, title: 'This web page may not make the request' },
  denied: { status: 403, title: 'Not allowed' },
  route_unknown: { status: 404, title: 'No such route' },
  not_found: { status: 404, title: 'Not found' },
  method_unknown: { status: 405, title: 'The route has no such method' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  body_too_large: { status: 413, title: 'The request body is too large' },
  uri_too_long: { status: 414, title: 'The request target is too long' },
  media_type_unsupported: { status: 415, title: 'The request body must be uncompressed JSON' },
  expectation_failed: { status: 417, title: 'The expectation cannot be met' },
  upgrade_refused: { status: 426, title: 'This server does not change protocols' },
  too_many_requests: { status: 429, title: 'Too many requests at once' },
  headers_too_large: { status: 431, title: 'The request headers are too large' },
  policy_failed: { status: 500, title: 'The policy could not decide' },
  internal_error: { status: 500, title: 'The sidecar failed' },
  upstream_error: { status: undefined, title: 'The upstream answered with an error' },
  upstream_unreachable: { status: 502, title: 'The upstream cannot be reached' },
  response_unfilterable: { status: 502, title: 'The upstream’s answer cannot be filtered' },
  store_stale: { status: 503, title: 'Who may see what is not known well enough just now' },
  issuer_unreachable: { status: 503, title: 'Bearer tokens cannot be verified just now' },
  shutting_down: { status: 503, title: 'The sidecar is shutting down' },
  upstream_timeout: { status: 504, title: 'The upstream took too long' },
  version_unsupported: { status: 505, title: 'This answer needs HTTP/1.1' },
} as const satisfies Record<string, { status: number | undefined; title: string }>;

export type RefusalCode = keyof typeof REFUSALS;

/** A no, as a value. What it says may be read by the caller. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly status: number;
  /** One sentence for the caller; names no secret, address or internal. */
  readonly detail: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** A refusal with its table's status. */
export function refuse(
  code: Exclude<RefusalCode, 'upstream_error'>,
  detail: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  return { code, status: REFUSALS[code].status, detail, headers };
}

/** Tells a stage's no from what it lets pass. */
export function isRefusal(result: object): result is Refusal {
  return 'code' in result && 'detail' in result && 'status' in result;
}

/** The refusal that stands for an upstream's own 4xx or 5xx. */
export function refuseAsUpstream(status: number, headers: Readonly<Record<string, string>> = {}): Refusal {
  return { code: 'upstream_error', status, detail: `The upstream answered ${status}.`, headers };
}
