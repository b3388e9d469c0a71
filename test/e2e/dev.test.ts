import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RunningDemo, run } from './running-demo.ts';

const LIST = '/my-products/v0/stock-per-store';
const OWNED = ['1101', '1102', '90107', '1108', '1250301', '1250302'];
const MOVED = ['1101', '1102', '1108', '1250302'];

let demo: RunningDemo;

beforeAll(async () => {
  demo = await RunningDemo.start();
});

afterAll(async () => {
  const { status, stderr } = await demo.stop();
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return JSON.parse(await response.text());
}

async function idsOf(response: Response): Promise<string[]> {
  expect(response.status).toBe(200);
  const items: { productId: string }[] = JSON.parse(await response.text());
  return items.map(({ productId }) => productId);
}

test('the owner gets exactly its products', async () => {
  expect(await idsOf(await demo.get(LIST, 'wholesaler'))).toEqual(OWNED);
});

test('the distributor gets exactly the stock that it was granted', async () => {
  expect(await idsOf(await demo.get(LIST, 'distributor'))).toEqual(MOVED);
});

test('the distributor gets nothing from a list of which it was granted nothing', async () => {
  expect(await (await demo.get('/my-products/v1/details-normal', 'distributor')).text()).toBe('[]');
});

test('the stranger gets an empty list', async () => {
  expect(await (await demo.get(LIST, 'stranger')).text()).toBe('[]');
});

test('kept items are byte for byte the backend’s', async () => {
  const all = await (await fetch(`${demo.backend}/my-products/v1/details-normal`)).text();
  const kept = await (await demo.get('/my-products/v1/details-normal', 'wholesaler')).text();
  const lines = (text: string) => text.split('\n').map((line) => line.replace(/,$/, ''));
  const expected = lines(all).filter((line) => line.includes('"wholesalerId":"10001"'));
  expect(lines(kept)).toEqual(['[', ...expected, ']']);
  expect(kept).toContain('"volume":0.700');
});

test('nested sales keep their day and stores, and nobody else’s products', async () => {
  const text = await (await demo.get('/my-products/v0/daily-sales-per-store', 'wholesaler')).text();
  const [day] = JSON.parse(text);
  expect(day.salesDate).toBe('2026-05-04');
  const sold = day.storeSales.flatMap(({ sales }: { sales: { productId: string }[] }) =>
    sales.map(({ productId }) => productId),
  );
  expect(sold.toSorted()).toEqual(OWNED.toSorted());
});

test('one object of another’s and one that does not exist are the same 404', async () => {
  const answers = await Promise.all(
    ['1101', 'nosuch'].map(async (id) => {
      const response = await demo.get(`/my-products/v1/details-normal/${id}`, 'stranger');
      const { decisionId: _, ...problem } = await problemOf(response);
      const headers = Object.fromEntries(response.headers);
      delete headers.date;
      return { status: response.status, headers, problem };
    }),
  );
  expect(answers[0]).toEqual(answers[1]);
  expect(answers[0]?.status).toBe(404);
});

test('an order of one’s own product goes through, one with another’s is refused whole', async () => {
  const put = (...ids: string[]) =>
    demo.get('/my-products/v1/orders', 'wholesaler', {
      method: 'PUT',
      body: JSON.stringify(ids.map((productId) => ({ productId, quantity: 6 }))),
      headers: { 'content-type': 'application/json' },
    });
  expect(await (await put('1101', '1102')).text()).toBe('{"ordersReceived":2}');
  expect((await put('1101', '9891')).status).toBe(403);
});

test.for<[string, string, Parameters<RunningDemo['get']>[1], number, string]>([
  ['no key', LIST, undefined, 401, 'key_missing'],
  ['an unknown route', '/my-products/v0/nothing', 'wholesaler', 404, 'route_unknown'],
  ['a key of another API product', '/products/v0/open-stock', 'wholesaler', 401, 'key_invalid'],
  ['an unlisted query parameter', `${LIST}?owner=10002`, 'wholesaler', 400, 'query_unknown'],
  ['an odd path', '/my-products/v0//stock-per-store', 'wholesaler', 400, 'path_ambiguous'],
])('%s is refused with its code', async ([_, path, caller, status, code]) => {
  const response = await demo.get(path, caller);
  expect(response.status).toBe(status);
  expect((await problemOf(response)).code).toBe(code);
});

test('two keys that differ are refused', async () => {
  const response = await demo.get(`${LIST}?subscription-key=${demo.facts.keys.stranger}`, 'wholesaler');
  expect((await problemOf(response)).code).toBe('key_ambiguous');
});

test('health checks and metrics stand on the management port alone', async () => {
  for (const path of ['/livez', '/readyz', '/startupz', '/metrics'])
    expect((await fetch(`${demo.facts.management}${path}`)).status).toBe(200);
  expect((await demo.get('/metrics')).status).toBe(404);
  expect((await fetch(`${demo.facts.admin}/readyz`)).status).toBe(200);
});

test('neither the log nor the output holds a key after requests, and only the owner may read the folder', async () => {
  const log = await readFile(join(demo.folder, 'fullmakt.log'), 'utf8');
  for (const key of Object.values(demo.facts.keys)) expect(log).not.toContain(key);
  expect(log).not.toContain('@');
  expect((await stat(join(demo.folder, 'demo.json'))).mode & 0o077).toBe(0);
});

test('a port in use is one clear line and status 1', async () => {
  const port = new URL(demo.facts.sidecar).port;
  const { status, stderr } = await run(['dev', '--port', port, '--data', join(demo.folder, 'second')]);
  expect(stderr).toMatch(/^fullmakt: 127\.0\.0\.1:\d+ is in use: --port N moves the demo .*\n$/);
  expect(status).toBe(1);
});
