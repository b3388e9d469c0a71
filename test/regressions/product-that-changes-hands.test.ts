// A product's owner was looked up once a body: one that repeats in a slow answer went on to the old owner after it had
// become another's.
import { expect, it } from 'vitest';
import { converse, getHead } from '../sidecar/clients.ts';
import { startProxy, startRawUpstream } from '../sidecar/proxy-fixture.ts';
import { byProduct, filtered, route, upstream } from '../sidecar/routes.ts';

const SOLD = '{"productId":"1101"}';

it('an answer under way stops when a product in it becomes another’s', async () => {
  const products = new Map([['1101', { owner: '10001', distributor: '20003' }]]);
  const { promise: begun, resolve: onBegin } = Promise.withResolvers<void>();
  const backend = await startRawUpstream(async (socket) => {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n');
    socket.write(`[${`${SOLD},`.repeat(5000)}`);
    await begun;
    socket.end(`${`${SOLD},`.repeat(5000)}${SOLD}]`);
  });
  const list = route('GET /list', upstream(backend.url), {
    response: filtered('$[*]', { source: byProduct }),
  });
  const proxy = await startProxy([list], { products });
  const { ending } = await converse(proxy.port, getHead('/list'), () => {
    proxy.changeProduct('1101', { owner: '10002', distributor: '20003' });
    onBegin();
  });
  expect(ending).toBe('reset');
});
