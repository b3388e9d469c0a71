import { type Request, type Response, Router } from 'express';
import type { z } from 'zod';
import type { Answer, Api, Endpoint } from './api.ts';
import { prefersCsv, renderCsv } from './csv.ts';
import { type AdminProblem, type Fault, isAdminProblem, problem, sendProblem } from './problems.ts';
import { readBody } from './request-body.ts';

/** The routes of an API: each call identified, then read and checked, then handled. */
export function apiRoutes<Caller>(api: Api<Caller>): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const paths = Map.groupBy(api.endpoints, ({ path }) => path);
  for (const [path, endpoints] of paths) {
    const route = router.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const endpoint of endpoints) {
      route[endpoint.method](async (request: Request, response: Response) => {
        const answer = await call(api, endpoint, request);
        if (isAdminProblem(answer)) sendProblem(response, answer);
        else sendAnswer(request, response, endpoint, answer);
      });
    }
    const methods = endpoints.map(({ method }) => method.toUpperCase());
    const allow = (methods.includes('GET') ? ['HEAD', ...methods] : methods).join(', ');
    route.all((_request: Request, response: Response) => {
      sendProblem(
        response,
        problem('method_unknown', `There is ${allow} here.`, { headers: { Allow: allow } }),
      );
    });
  }
  return router;
}

async function call<Caller>(
  { authentication }: Api<Caller>,
  endpoint: Endpoint<Caller>,
  request: Request,
): Promise<Answer | AdminProblem> {
  const caller = await authentication.identify(request);
  if (typeof caller === 'object' && caller !== null && isAdminProblem(caller)) return caller;
  const query = readQuery(request, authentication.queryParameters);
  if (isAdminProblem(query)) return query;
  const body = await readBody(request, endpoint.body);
  if (isAdminProblem(body)) return body;
  const faults: Fault[] = [];
  const check = (name: string, schema: z.ZodType | undefined, value: unknown): unknown => {
    if (schema === undefined) return undefined;
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    faults.push(...result.error.issues.flatMap((issue) => faultsOf(name, issue)));
    return undefined;
  };
  const input = {
    caller,
    parameters: check('path', endpoint.parameters, request.params),
    query: check('query', endpoint.query, query),
    headers: check('header', endpoint.headers, request.headers),
    body: check('body', endpoint.body?.schema, body.value),
  };
  if (endpoint.query === undefined) {
    faults.push(
      ...Object.keys(query).map((name) => ({ path: `query.${name}`, message: 'no such parameter' })),
    );
  }
  if (faults.length > 0)
    return problem('request_malformed', 'Something in it is not as it must be.', { faults });
  return endpoint.handle(input);
}

/** A query's parameters, each once. */
function readQuery(
  { originalUrl }: Request,
  ofAuthentication: readonly string[],
): Readonly<Record<string, string>> | AdminProblem {
  const query: Record<string, string> = Object.create(null);
  const at = originalUrl.indexOf('?');
  for (const [name, value] of new URLSearchParams(at < 0 ? '' : originalUrl.slice(at + 1))) {
    if (ofAuthentication.includes(name.toLowerCase())) continue;
    if (name in query) {
      const faults = [{ path: `query.${name}`, message: 'stands twice' }];
      return problem('request_malformed', 'A query parameter stands twice.', { faults });
    }
    query[name] = value;
  }
  return query;
}

function faultsOf(name: string, issue: z.core.$ZodIssue): readonly Fault[] {
  const path = [name, ...issue.path.map(String)];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key].join('.'), message: 'no such member' }));
  }
  if (issue.code === 'invalid_union') {
    // Of the ways in which it could be read, the one that came furthest tells most.
    const closest = issue.errors.toSorted((a, b) => deepest(b) - deepest(a))[0] ?? [];
    if (closest.length > 0) return closest.flatMap((inner) => faultsOf(path.join('.'), inner));
  }
  return [{ path: path.join('.'), message: issue.message }];
}

function deepest(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path, code }) => path.length + (code === 'invalid_type' ? 0 : 1)));
}

function sendAnswer(
  request: Request,
  response: Response,
  { answers }: Pick<Endpoint<unknown>, 'answers'>,
  { status, body, headers = {} }: Answer,
): void {
  response
    .status(status)
    .set({ 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', ...headers });
  const csv = answers[status]?.csv;
  if (body === undefined) response.end();
  else if (csv !== undefined && prefersCsv(request)) {
    response.type('text/csv').send(renderCsv(csv, body));
  } else response.json(body);
}
