import { createServer, type Server } from 'node:http';
import express, { type Express, type Response } from 'express';
import type { Address } from '../config/config.ts';
import { listen } from '../http/listen.ts';
import type { DemoProduct } from './products.ts';
import { accumulatedStock, dailySales, details, list, stockPerStore } from './shapes.ts';

function sendJson(response: Response, text: string): void {
  response.type('json').send(text);
}

/** The legacy API of the demo: it gives everybody's products to anybody. */
function createBackend(products: readonly DemoProduct[]): Express {
  const app = express();
  app.disable('x-powered-by');

  app.get('/my-products/v1/details-normal', (request, response) => {
    const most = Number(request.query.maxResults ?? products.length);
    sendJson(response, list(products.slice(0, most).map(details)));
  });
  app.get('/my-products/v1/details-normal/:productId', (request, response) => {
    const product = products.find(({ productId }) => productId === request.params.productId);
    if (product === undefined) response.status(404).type('json').send('{"message":"No such product"}');
    else sendJson(response, details(product));
  });
  app.get('/products/v0/accumulated-stock', (request, response) => {
    const size = Math.max(1, Number(request.query.size ?? 500));
    const last = Math.ceil(products.length / size);
    const page = Math.min(last, Math.max(1, Number(request.query.page ?? 1)));
    const link = (rel: string, to: number) => `<${request.path}?page=${to}&size=${size}>; rel="${rel}"`;
    const links = [link('first', 1)];
    if (page > 1) links.push(link('prev', page - 1));
    if (page < last) links.push(link('next', page + 1));
    response
      .set('X-Total-Count', String(products.length))
      .set('Link', [...links, link('last', last)].join(', '));
    sendJson(response, list(products.slice((page - 1) * size, page * size).map(accumulatedStock)));
  });
  app.get('/my-products/v0/stock-per-store', (_request, response) => {
    sendJson(response, list(products.map(stockPerStore)));
  });
  app.get('/my-products/v0/daily-sales-per-store', (_request, response) => {
    sendJson(response, list([dailySales(products)]));
  });
  app.put('/my-products/v1/orders', express.json(), (request, response) => {
    sendJson(response, `{"ordersReceived":${Array.isArray(request.body) ? request.body.length : 0}}`);
  });
  app.get('/products/v0/open-stock', (_request, response) => {
    sendJson(response, list(products.map(accumulatedStock)));
  });
  return app;
}

/**
 * Starts the demo's legacy API.
 * @throws Error with one clear line when the address cannot be listened on
 */
export async function startBackend(products: readonly DemoProduct[], address: Address): Promise<Server> {
  const server = createServer(createBackend(products));
  await listen(server, address);
  return server;
}
