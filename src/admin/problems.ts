import type { ServerResponse } from 'node:http';
import { PROBLEM_JSON, renderProblem } from '../http/problem.ts';

/** Every way in which the admin service says no. docs/admin.md's table is held to this one by a test. */
export const PROBLEMS = {
  request_malformed: { status: 400, title: 'The request is not what this call takes' },
  body_malformed: { status: 400, title: 'The request body cannot be read' },
  key_missing: { status: 401, title: 'A subscription key is required' },
  key_invalid: { status: 401, title: 'The subscription key is not valid here' },
  token_missing: { status: 401, title: 'An operator’s token is required' },
  token_invalid: { status: 401, title: 'The token is not good here' },
  not_primary: { status: 403, title: 'Only a wholesaler’s primary email may do this' },
  route_unknown: { status: 404, title: 'No such page' },
  user_unknown: { status: 404, title: 'No such user' },
  role_unknown: { status: 404, title: 'No such role' },
  main_role_unknown: { status: 404, title: 'No such main role' },
  wholesaler_unknown: { status: 404, title: 'No such wholesaler' },
  primary_unknown: { status: 404, title: 'No such primary email' },
  api_product_unknown: { status: 404, title: 'No such API product' },
  product_unknown: { status: 404, title: 'No such product' },
  subscription_unknown: { status: 404, title: 'No such subscription' },
  key_unknown: { status: 404, title: 'Nobody’s key' },
  permission_unknown: { status: 404, title: 'No such permission' },
  method_unknown: { status: 405, title: 'This page has no such method' },
  primary_taken: { status: 409, title: 'The email is primary of another wholesaler' },
  role_not_in_main_role: { status: 409, title: 'The main role does not have this role' },
  scope_narrower: { status: 409, title: 'The permission is tied to a scope' },
  permission_limit: { status: 409, title: 'The user has as many permissions as one can have' },
  permission_repeated: { status: 409, title: 'The same permission stands twice' },
  already_confirmed: { status: 409, title: 'The user has confirmed the address' },
  subscription_exists: { status: 409, title: 'The user has a subscription to the API product' },
  subscription_cancelled: { status: 409, title: 'The subscription was cancelled' },
  in_use: { status: 409, title: 'Something else rests on it' },
  mail_recent: { status: 409, title: 'A mail was sent a short while ago' },
  revision_outdated: { status: 412, title: 'It has changed since it was read' },
  body_too_large: { status: 413, title: 'The request body is too large' },
  media_type_unsupported: {
    status: 415,
    title: 'The request body has a media type that this call does not take',
  },
  internal_error: { status: 500, title: 'The admin service failed' },
  store_unreachable: { status: 503, title: 'The store does not answer' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** What was wrong in one place of a request. */
export interface Fault {
  /** Where: `body.active`, `body.3.email`, `query.roleId`, `body.line 7`. */
  readonly path: string;
  readonly message: string;
}

/** A no, as a value. What it says may be read by the caller. */
export interface AdminProblem {
  readonly code: ProblemCode;
  /** One sentence for the caller; names no key, address of ours or internal. */
  readonly detail: string;
  readonly faults?: readonly Fault[];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A problem by its code, to be returned. */
export function problem(
  code: ProblemCode,
  detail: string,
  more: Pick<AdminProblem, 'faults' | 'headers'> = {},
): AdminProblem {
  return { code, detail, ...more };
}

export function isAdminProblem(result: object): result is AdminProblem {
  return 'code' in result && 'detail' in result;
}

/** Answers with a problem document (RFC 9457); `errors` lists the faults of a request, each with its place. */
export function sendProblem(response: ServerResponse, { code, detail, faults, headers }: AdminProblem): void {
  const { status, title } = PROBLEMS[code];
  const document = JSON.parse(renderProblem({ status, title, detail, code }));
  const body = Buffer.from(JSON.stringify(faults === undefined ? document : { ...document, errors: faults }));
  response.writeHead(status, {
    'Content-Type': PROBLEM_JSON,
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(body);
}
