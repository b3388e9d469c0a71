import { parsePathTemplate } from '../../src/model/path-template.ts';
import type { AttributeSource, FilteredResponse, Route, Upstream } from '../../src/model/route.ts';
import { parseSelector, type Selector } from '../../src/model/selector.ts';

export function selector(text: string): Selector {
  const parsed = parseSelector(text, text.startsWith('@') ? '@' : '$');
  if ('fault' in parsed) throw new Error(`${text}: ${parsed.fault}`);
  return parsed.selector;
}

export function attributes(selectors: Readonly<Record<string, string>>): AttributeSource {
  return {
    kind: 'attributes',
    attributes: new Map(Object.entries(selectors).map(([name, text]) => [name, selector(text)])),
  };
}

export const byProduct: AttributeSource = { kind: 'catalog', productId: selector('@.productId') };
export const byOwner = attributes({ owner: '@.owner' });

export function upstream(url: string, changes: Partial<Upstream> = {}): Upstream {
  return {
    name: 'products',
    url: new URL(url),
    timeout: 5000,
    maxItemBytes: 1_048_576,
    maxBodyBytes: 4096,
    requestHeaders: ['accept-language', 'content-type', 'user-agent', 'traceparent', 'tracestate'],
    tls: undefined,
    ...changes,
  };
}

export function filtered(items: string, changes: Partial<FilteredResponse> = {}): FilteredResponse {
  return {
    items: selector(items),
    source: byOwner,
    keep: [],
    prune: false,
    headers: [],
    whenEmpty: 200,
    errors: 'problem',
    ...changes,
  };
}

/** @param match as in the configuration: `GET /products/{id}` */
export function route(match: string, to: Upstream, changes: Partial<Route> = {}): Route {
  const [method = '', path = ''] = match.split(' ');
  const parsed = parsePathTemplate(path);
  if ('fault' in parsed) throw new Error(`${path}: ${parsed.fault}`);
  return {
    match,
    method,
    path: parsed.template,
    upstream: to,
    apiProduct: 'my-products',
    api: 'stock',
    query: [],
    request: undefined,
    response: filtered('$[*]'),
    cors: undefined,
    bearer: undefined,
    ...changes,
  };
}
