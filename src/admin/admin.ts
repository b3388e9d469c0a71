import { createServer } from 'node:http';
import express, { type Express, type Response } from 'express';
import type { Address } from '../config/config.ts';
import { listen } from '../http/listen.ts';
import { PROBLEM_JSON, renderProblem } from '../http/problem.ts';
import { type Store, StoreError } from '../store/store.ts';

function sendProblem(response: Response, status: number, title: string, detail: string, code: string): void {
  response.status(status).type(PROBLEM_JSON).send(renderProblem({ status, title, detail, code }));
}

function createApp(store: Store): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.get('/livez', (_request, response) => {
    response.type('text').send('ok\n');
  });
  app.get('/readyz', async (_request, response) => {
    try {
      await store.position();
      response.type('text').send('ok\n');
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      sendProblem(response, 503, 'Not ready', 'The store does not answer.', 'store_unreachable');
    }
  });
  app.use((_request, response) => {
    sendProblem(response, 404, 'No such page', 'The admin service has nothing here.', 'route_unknown');
  });
  return app;
}

/**
 * Starts the admin service: so far its health checks; the /auth API and the portal are to stand here.
 * @throws Error with one clear line when the address cannot be listened on
 */
export async function startAdmin(address: Address, store: Store): Promise<{ close(): Promise<void> }> {
  const server = createServer(createApp(store));
  await listen(server, address);
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
