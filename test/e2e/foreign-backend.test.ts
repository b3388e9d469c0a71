import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answers, Fullmakt, freePort, run } from './running-demo.ts';

/** A backend that nobody here wrote, set up as the README says: json-server with a file of products. */
const PRODUCTS = [
  { id: '1', name: 'Aquavit', ownerId: 10001 },
  { id: '2', name: 'Brandy', ownerId: 10002 },
  { id: '3', name: 'Cider', ownerId: 10001 },
];
const KEY = 'a-key-of-the-wholesaler';

let folder: string;
let backend: ChildProcess;
let sidecar: Fullmakt;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fullmakt-foreign-'));
  const [sidecarPort, backendPort] = [await freePort(), await freePort()];
  url = `http://127.0.0.1:${sidecarPort}`;
  await writeFile(join(folder, 'db.json'), JSON.stringify({ products: PRODUCTS }));
  await writeFile(
    join(folder, 'fullmakt.yaml'),
    `sidecar: { listen: 127.0.0.1:${sidecarPort}, management: 127.0.0.1:${sidecarPort + 2} }
store: sqlite:.fullmakt/fullmakt.db
policy: .fullmakt/policy.tar.gz
secrets: { pepper: "\${file:.fullmakt/pepper}", signingKey: "\${file:.fullmakt/signing.jwk}" }
upstreams: { shop: { url: http://127.0.0.1:${backendPort} } }
routes:
  - match: GET /products
    upstream: shop
    apiProduct: shop
    api: products
    query: [_sort]
    response: { items: '$[*]', attributes: { owner: '@.ownerId' } }
  - match: GET /products/{id}
    upstream: shop
    apiProduct: shop
    api: products
    response: { items: $, attributes: { owner: '@.ownerId' } }
`,
  );
  await writeFile(
    join(folder, 'state.yaml'),
    `wholesalers: [{ id: "10001", name: Wholesaler AS, primaryEmails: [api@wholesaler.no] }]
apiProducts: [{ name: shop, apis: [products] }]
users: [{ email: api@wholesaler.no, confirmed: true }]
subscriptions: [{ email: api@wholesaler.no, apiProduct: shop, primaryKey: ${KEY} }]
`,
  );
  const jsonServer = createRequire(import.meta.url).resolve('json-server/lib/cli/bin.js');
  backend = spawn(process.execPath, [jsonServer, '--quiet', '--port', String(backendPort), 'db.json'], {
    cwd: folder,
    stdio: 'ignore',
  });
  const policies = join(process.cwd(), 'policies');
  for (const args of [
    ['secrets', '.fullmakt'],
    ['policy', 'build', '-o', '.fullmakt/policy.tar.gz', policies],
    ['check'],
    ['apply', '-f', 'state.yaml'],
  ]) {
    const { status, stderr } = await run(args, { cwd: folder });
    expect({ args, status, stderr }).toEqual({ args, status: 0, stderr: '' });
  }
  sidecar = new Fullmakt(['sidecar'], { cwd: folder });
  await answers(`http://127.0.0.1:${sidecarPort + 2}/readyz`);
  await answers(`http://127.0.0.1:${backendPort}/products`);
});

afterAll(async () => {
  backend.kill();
  expect((await sidecar.stop()).status).toBe(0);
  await rm(folder, { recursive: true });
});

const get = (path: string) => fetch(`${url}${path}`, { headers: { 'Ocp-Apim-Subscription-Key': KEY } });

test('json-server’s list is cut to the owner’s items, whose owner ids are numbers', async () => {
  const response = await get('/products?_sort=name');
  expect(JSON.parse(await response.text())).toEqual([PRODUCTS[0], PRODUCTS[2]]);
  expect(response.headers.get('etag')).toBeNull();
});

test('json-server’s single object is given to its owner, and another’s does not exist', async () => {
  expect(JSON.parse(await (await get('/products/1')).text())).toEqual(PRODUCTS[0]);
  expect((await get('/products/2')).status).toBe(404);
});

test('a filter of json-server that the route does not list is refused', async () => {
  expect((await get('/products?ownerId=10002')).status).toBe(400);
});
