import { parsePathTemplate } from '../../../src/model/path-template.ts';
import type { Route, Upstream } from '../../../src/model/route.ts';

const upstream: Upstream = {
  name: 'products',
  url: new URL('http://127.0.0.1:9/'),
  timeout: 1000,
  maxItemBytes: 1024,
  maxBodyBytes: 1024,
  requestHeaders: [],
  tls: undefined,
};

/** An unfiltered route, as the configuration would give it. */
export function routeOf(match: string, rest: Partial<Route> = {}): Route {
  const [method = '', text = ''] = match.split(' ');
  const parsed = parsePathTemplate(text);
  if ('fault' in parsed) throw new Error(parsed.fault);
  return {
    match,
    method,
    path: parsed.template,
    upstream,
    apiProduct: 'my-products',
    api: 'details-normal',
    query: [],
    request: undefined,
    response: 'unfiltered',
    cors: undefined,
    bearer: undefined,
    ...rest,
  };
}
