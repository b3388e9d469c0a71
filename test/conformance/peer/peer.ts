// A bare http-proxy-middleware with a filter, as its recipes show one: parse, filter, stringify. To judge it:
//   node_modules/.bin/node test/conformance/peer/peer.ts 8080 8090 &
//   bin/fullmakt conformance --proxy http://127.0.0.1:8080 --upstream-port 8090 \
//     --key conformance-key-of-10001 conformance-key-of-nobody
import { once } from 'node:events';
import type { IncomingMessage, Server } from 'node:http';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { createProxyMiddleware, fixRequestBody, responseInterceptor } from 'http-proxy-middleware';

interface Product {
  readonly owner?: string;
  readonly productId?: string;
  readonly logistics?: { readonly wholesalerId?: string };
}
interface Day {
  stores: { sales: Product[] }[];
}
/** What of an answer's text its caller may see; undefined: there is no such thing. */
type Filter = (text: string, owner: string) => unknown;

const OWNERS = new Map([
  ['conformance-key-of-10001', '10001'],
  ['conformance-key-of-nobody', 'nobody'],
]);
const CATALOG = new Map([
  ['1101', '10001'],
  ['1102', '10001'],
  ['2202', '10002'],
]);

const ownerOf = ({ productId = '' }: Product) => CATALOG.get(productId);

const filterItems =
  (ownerOfItem: (item: Product) => string | undefined): Filter =>
  (text, owner) => {
    const items: Product[] = JSON.parse(text);
    return items.filter((item) => ownerOfItem(item) === owner);
  };

const filterItem: Filter = (text, owner) => {
  const item: Product = JSON.parse(text);
  return item.owner === owner ? item : undefined;
};

const filterPage: Filter = (text, owner) => {
  const page: { value: Product[] } = JSON.parse(text);
  return { ...page, value: page.value.filter((item) => item.owner === owner) };
};

const filterSales: Filter = (text, owner) => {
  const days: Day[] = JSON.parse(text);
  const isOwn = (sale: Product) => ownerOf(sale) === owner;
  for (const day of days) {
    for (const store of day.stores) store.sales = store.sales.filter(isOwn);
    day.stores = day.stores.filter(({ sales }) => sales.length > 0);
  }
  return days.filter(({ stores }) => stores.length > 0);
};

const FILTERS: Readonly<Record<string, Filter>> = {
  '/items': filterItems((item) => item.owner),
  '/items/:id': filterItem,
  '/pages': filterPage,
  '/details': filterItems(({ logistics }) => logistics?.wholesalerId),
  '/stock': filterItems(ownerOf),
  '/sales': filterSales,
};

/** Starts the peer on 127.0.0.1, before an upstream there. */
export async function startPeer(port: number, upstreamPort: number): Promise<Server> {
  const to = { target: `http://127.0.0.1:${upstreamPort}`, proxyTimeout: 1000 };
  const app = express();
  app.use(authenticate);
  for (const [path, filter] of Object.entries(FILTERS)) {
    const proxyRes = responseInterceptor<Request, Response>(async (body, { headers }, _, response) =>
      rewrite(body, headers, filter, response),
    );
    app.get(
      path,
      createProxyMiddleware<Request, Response>({ ...to, selfHandleResponse: true, on: { proxyRes } }),
    );
  }
  const write = createProxyMiddleware<Request, Response>({ ...to, on: { proxyReq: fixRequestBody } });
  app.put('/orders', express.json(), permitItems, write);
  app.post('/batches', express.json(), permitItems, write);
  app.get('/open/:name', createProxyMiddleware<Request, Response>(to));
  const server = app.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const authenticate: RequestHandler = (request, response, next) => {
  const inQuery = request.query['subscription-key'];
  const key = request.get('Ocp-Apim-Subscription-Key') ?? (typeof inQuery === 'string' ? inQuery : '');
  const owner = OWNERS.get(key);
  response.locals['owner'] = owner;
  if (owner === undefined) response.sendStatus(401);
  else next();
};

function rewrite(
  body: Buffer,
  headers: IncomingMessage['headers'],
  filter: Filter,
  response: Response,
): Buffer | string {
  if (headers['content-type']?.includes('json') !== true) return body;
  try {
    const visible = filter(body.toString(), String(response.locals['owner']));
    if (visible !== undefined) return JSON.stringify(visible);
    response.statusCode = 404;
  } catch {
    response.statusCode = 502;
  }
  return '';
}

/** Lets a write pass whose every item is the caller's. */
const permitItems: RequestHandler = (request, response, next) => {
  const body: Product[] | { orders: Product[] } = request.body;
  const items = Array.isArray(body) ? body : body.orders;
  if (items.length > 0 && items.every((item) => ownerOf(item) === response.locals['owner'])) next();
  else response.sendStatus(403);
};

if (import.meta.main) {
  const [port, upstreamPort] = process.argv.slice(2).map(Number);
  // What ends the process would be started again by whatever runs it.
  process.on('uncaughtException', ({ message }) => process.stderr.write(`uncaught: ${message}\n`));
  await startPeer(port ?? 8080, upstreamPort ?? 8090);
}
