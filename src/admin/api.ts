import type { IncomingMessage } from 'node:http';
import type { z } from 'zod';
import type { AdminProblem, ProblemCode } from './problems.ts';

/**
 * How the admin's calls are declared: once, and from the declaration come the route, the check of what arrives, and
 * the OpenAPI document.
 */
export interface Api<Caller> {
  /** What groups its calls in the document: `Permissions of a wholesaler`. */
  readonly name: string;
  readonly description: string;
  /** How callers prove who they are. */
  readonly authentication: Authentication<Caller>;
  readonly endpoints: readonly Endpoint<Caller>[];
}

export interface Authentication<Caller> {
  /** OpenAPI security schemes by name; any one of them is enough. */
  readonly schemes: Readonly<Record<string, object>>;
  /** Lower-cased query parameters that belong to it, and to no endpoint. */
  readonly queryParameters: readonly string[];
  readonly problems: readonly ProblemCode[];
  /** Who calls, or why nobody does. */
  identify(request: IncomingMessage): Promise<Caller | AdminProblem>;
}

/** What a call answers when it does what was asked. */
export interface Answer {
  readonly status: number;
  /** JSON; left out: no content. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface DeclaredAnswer {
  readonly description: string;
  /** Left out: no content. */
  readonly schema?: z.ZodType;
  readonly example?: unknown;
  /** How the answer's rows stand in `text/csv`, for callers that ask for it. */
  readonly csv?: {
    readonly columns: readonly string[];
    /** Of a row, members that stand in a column in another form. */
    readonly toRow?: (row: object) => object;
  };
  /** Response headers by name, with what they tell. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface DeclaredBody<Body> {
  readonly schema: z.ZodType<Body>;
  readonly examples: Readonly<Record<string, unknown>>;
  /** Reads `text/csv` into what the schema takes as JSON. */
  readonly csv?: {
    readonly description: string;
    /** A regular expression that texts match; others may be good too, with their columns in another order. */
    readonly pattern: string;
    readonly example: string;
    readonly read: (text: string) => { readonly value: unknown } | AdminProblem;
  };
}

/** What arrived, checked. */
export interface Input<Caller, Parameters, Query, Headers, Body> {
  readonly caller: Caller;
  readonly parameters: Parameters;
  readonly query: Query;
  readonly headers: Headers;
  readonly body: Body;
}

interface Declaration<Caller, Parameters, Query, Headers, Body> {
  readonly method: 'get' | 'post' | 'put' | 'patch' | 'delete';
  /** An OpenAPI path template: `/manage/v1/users/{userId}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  /** Strict objects, whose members read text. */
  readonly parameters?: z.ZodType<Parameters>;
  readonly query?: z.ZodType<Query>;
  /** By lower-cased name. Not strict: others' headers are none of its business. */
  readonly headers?: z.ZodType<Headers>;
  readonly body?: DeclaredBody<Body>;
  /** By status. */
  readonly answers: Readonly<Record<number, DeclaredAnswer>>;
  /** Beside those that every call can have. */
  readonly problems: readonly ProblemCode[];
  handle(input: Input<Caller, Parameters, Query, Headers, Body>): Promise<Answer | AdminProblem>;
}

/** An endpoint whose handler gets what its own schemas made of the request. */
export interface Endpoint<Caller> extends Declaration<Caller, unknown, unknown, unknown, unknown> {}

/** Declares an endpoint. */
export function endpoint<
  Caller,
  Parameters = undefined,
  Query = undefined,
  Headers = undefined,
  Body = undefined,
>(declaration: Declaration<Caller, Parameters, Query, Headers, Body>): Endpoint<Caller> {
  // Its own schemas make what its handler is given: methods are compared loosely, and here that is right.
  return declaration;
}
