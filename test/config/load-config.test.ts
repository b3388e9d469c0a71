import { generateKeyPairSync, hash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { renderFaults } from '../../src/config/file-fault.ts';
import { type LoadOptions, loadConfig } from '../../src/config/load-config.ts';

const PEPPER = 'pepper-0123456789-pepper-0123456789';
const SIGNING_KEY = JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }));
const STORE = 'postgres://user:hunter2@127.0.0.1';
const environment = { PEPPER, SIGNING_KEY, STORE, LISTEN: 'x: [1]\n"' };

const MINIMAL = `
store: sqlite:.fullmakt/fullmakt.db
policy: build/policy.tar.gz
secrets: { pepper: "\${PEPPER}", signingKey: "\${SIGNING_KEY}" }
upstreams: { products: { url: "http://127.0.0.1:8090" } }
routes:
  - { match: GET /open, upstream: products, apiProduct: products, api: open, response: unfiltered }
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fullmakt-config-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(text: string | Uint8Array, options: LoadOptions = { environment }) {
  const file = join(await mkdtemp(join(folder, 'file-')), 'fullmakt.yaml');
  await writeFile(file, text);
  return loadConfig(file, options);
}

async function loadGood(text: string, options?: LoadOptions) {
  const loaded = await load(text, options);
  if ('faults' in loaded) throw new Error(renderFaults(loaded.faults));
  return loaded.config;
}

async function faultsOf(text: string | Uint8Array, options?: LoadOptions) {
  const loaded = await load(text, options);
  return 'faults' in loaded ? loaded.faults : [];
}

const faultsFolder = new URL('./faults/', import.meta.url);
const faulty = (await readdir(faultsFolder)).map(
  (name) => [name, new URL(name, faultsFolder).pathname] as const,
);

describe('a faulty file', () => {
  // Each file tells in its last lines what must be found in it: `#= line:column message`.
  test.each(faulty)('%s: every fault is told, at its place, in the file’s order', async (name, path) => {
    const text = await readFile(path, 'utf8');
    const expected = text.matchAll(/^#= (.*)$/gm).map(([, told]) => told);
    const loaded = await loadConfig(relative('.', path), { environment, part: 'all' });
    const found = 'faults' in loaded ? loaded.faults : [];
    const base = faultsFolder.pathname;
    expect(
      found.map(({ line, column, message }) =>
        `${line}:${column} ${message}`.replace(base, './').replace(base.slice(0, -1), '.'),
      ),
    ).toEqual([...expected]);
    expect(found.every(({ file }) => file.endsWith(name))).toBe(true);
  });

  test('no secret is shown, whether it stands in the file or is put in', async () => {
    for (const [, path] of faulty) {
      const loaded = await loadConfig(path, { environment });
      const shown = 'faults' in loaded ? renderFaults(loaded.faults) : '';
      expect(shown).not.toContain('hunter2');
      expect(shown).not.toContain(PEPPER);
      expect(shown).not.toContain(SIGNING_KEY);
    }
  });
});

describe('a good file', () => {
  const example = new URL('./examples/fullmakt.yaml', import.meta.url).pathname;

  test('the example of the documentation loads, its own files taken in the data folder', async () => {
    const dataFolder = await mkdtemp(join(folder, 'data-'));
    await writeFile(join(dataFolder, 'pepper'), `${PEPPER}\n`);
    await writeFile(join(dataFolder, 'signing.jwk'), `${SIGNING_KEY}\r\n`);
    const loaded = await loadConfig(example, { environment: {}, dataFolder });
    if ('faults' in loaded) throw new Error(renderFaults(loaded.faults));
    const { config } = loaded;
    expect(config.store).toEqual({ kind: 'sqlite', path: join(dataFolder, 'fullmakt.db') });
    expect(config.policy).toBe(new URL('./examples/build/policy.tar.gz', import.meta.url).pathname);
    expect(config.secrets.peppers.map(({ text }) => text.reveal())).toEqual([PEPPER]);
    expect(config.secrets.signingKeys.map((key) => key.reveal())).toEqual([SIGNING_KEY]);
    expect(config.routes.map(({ match }) => match)).toEqual([
      'GET /my-products/v1/details-normal',
      'GET /my-products/v1/details-normal/{productId}',
      'GET /my-products/v0/daily-sales-per-store',
      'PUT /my-products/v1/orders',
      'GET /products/v0/open-stock',
    ]);
    expect(config.routes[2]).toMatchObject({
      method: 'GET',
      path: [{ text: 'my-products' }, { text: 'v0' }, { text: 'daily-sales-per-store' }],
      upstream: config.upstreams[0],
      query: [],
      request: undefined,
      response: {
        source: { kind: 'catalog', productId: [{ kind: 'name', name: 'productId' }] },
        keep: [
          [{ kind: 'wildcard' }, { name: 'salesDate' }],
          [{ kind: 'wildcard' }, { name: 'storeSales' }, { kind: 'wildcard' }, { name: 'storeId' }],
        ],
        prune: true,
        whenEmpty: 200,
        errors: 'problem',
        headers: [],
      },
    });
    expect(config.routes[3]).toMatchObject({
      request: { items: [{ kind: 'wildcard' }] },
      response: 'unfiltered',
    });
    expect(config.routes[4]).toMatchObject({ query: 'unchecked', response: 'unfiltered' });
  });

  test('all that has a sensible default may be left out', async () => {
    const config = await loadGood(MINIMAL);
    expect(config.sidecar).toEqual({
      listen: { host: '127.0.0.1', port: 8080 },
      management: { host: '127.0.0.1', port: 8082 },
      maxStaleness: 30_000,
      trustedProxies: [],
    });
    expect(config.admin).toMatchObject({ durability: 'strict', timezone: 'Europe/Oslo' });
    expect(config.admin.publicUrl.href).toBe('http://127.0.0.1:8081/');
    expect(config.admin.mail.reveal()).toBe('log');
    expect(config.admin.mailFrom).toBe('no-reply@127.0.0.1');
    expect(config.subscriptionKey).toEqual({
      header: 'Ocp-Apim-Subscription-Key',
      query: 'subscription-key',
    });
    expect(config.refusals).toBe('problem');
    expect(config.upstreams).toMatchObject([
      { name: 'products', timeout: 30_000, maxItemBytes: 1_048_576, maxBodyBytes: 1_048_576 },
    ]);
  });

  test('quantities and addresses are resolved', async () => {
    const config = await loadGood(
      MINIMAL.replace(/^upstreams.*$/m, '').concat(`
sidecar: { listen: "[::1]:0", management: "0.0.0.0:0", maxStaleness: 500ms, trustedProxies: [10.0.0.0/8, "::1"] }
admin: { listen: "0.0.0.0:9000", mail: "smtps://user:word@mail.test" }
upstreams:
  products: { url: HTTP://Backend.test/base/, timeout: 2m, maxItemBytes: 65536, maxBodyBytes: 64KiB }
`),
    );
    expect(config.sidecar).toEqual({
      listen: { host: '::1', port: 0 },
      management: { host: '0.0.0.0', port: 0 },
      maxStaleness: 500,
      trustedProxies: [
        { address: '10.0.0.0', prefix: 8, family: 'ipv4' },
        { address: '::1', prefix: 128, family: 'ipv6' },
      ],
    });
    expect(config.admin.publicUrl.href).toBe('http://localhost:9000/');
    expect(config.upstreams[0]).toMatchObject({
      timeout: 120_000,
      maxItemBytes: 65_536,
      maxBodyBytes: 65_536,
    });
    expect(config.upstreams[0]?.url.href).toBe('http://backend.test/base');
  });

  test('files are found from the configuration’s own folder, and an issuer from the routes that name it', async () => {
    const inFolder = await mkdtemp(join(folder, 'files-'));
    const file = join(inFolder, 'fullmakt.yaml');
    const text = `${MINIMAL.replace('api: open,', 'api: open, bearer: gateway,')}
sidecar: { tls: { certificate: tls/a.crt, key: tls/a.key, clientCa: tls/clients.crt } }
admin: { listen: "127.0.0.1:9000", tls: { certificate: /etc/b.crt, key: /etc/b.key } }
tokenIssuers: { gateway: { issuer: https://login.test, audience: a, jwks: keys.json } }
`;
    await writeFile(file, text.replace('8090" }', '8090", tls: { ca: ca.crt } }').replace('http:', 'https:'));
    const loaded = await loadConfig(file, { environment });
    if ('faults' in loaded) throw new Error(renderFaults(loaded.faults));
    const { sidecar, admin, tokenIssuers, upstreams, routes } = loaded.config;
    expect(sidecar.tls).toEqual({
      certificate: join(inFolder, 'tls/a.crt'),
      key: join(inFolder, 'tls/a.key'),
      clientCa: join(inFolder, 'tls/clients.crt'),
    });
    expect(admin.tls).toEqual({ certificate: '/etc/b.crt', key: '/etc/b.key', clientCa: undefined });
    expect(admin.publicUrl.href).toBe('https://127.0.0.1:9000/');
    expect(upstreams[0]?.tls).toEqual({ ca: join(inFolder, 'ca.crt'), keyPair: undefined });
    expect(tokenIssuers).toMatchObject([{ jwks: join(inFolder, 'keys.json'), clockSkew: 30_000 }]);
    expect(routes[0]?.bearer).toBe(tokenIssuers[0]);
  });

  test('the admin’s URL is where it listens, unless told otherwise', async () => {
    const listening = await loadGood(`${MINIMAL}admin: { listen: "[::1]:9000" }\n`);
    expect(listening.admin.publicUrl.href).toBe('http://[::1]:9000/');
    const told = await loadGood(`${MINIMAL}admin: { publicUrl: "https://admin.test/grants" }\n`);
    expect(told.admin.mailFrom).toBe('no-reply@admin.test');
    expect(told.admin.publicUrl.href).toBe('https://admin.test/grants');
  });

  test('a pepper’s id begins its SHA-256, and the first of several peppers stays the first', async () => {
    const older = `older ${PEPPER}`;
    const config = await loadGood(
      MINIMAL.replace('pepper: "${PEPPER}"', `pepper: ["\${PEPPER}", "${older}"]`),
    );
    expect(config.secrets.peppers.map(({ id }) => id)).toEqual([
      hash('sha256', PEPPER).slice(0, 8),
      hash('sha256', older).slice(0, 8),
    ]);
  });

  test('a Redis URL is a secret', async () => {
    const url = 'rediss://user:hunter2@redis.test:6380/1';
    const { store } = await loadGood(MINIMAL.replace(/^store:.*$/m, `store: ${url}`));
    expect(store.kind === 'redis' && store.url.reveal()).toBe(url);
    expect(JSON.stringify(store)).not.toContain('hunter2');
  });

  test('paths are relative to the file that names them', async () => {
    const inFolder = await mkdtemp(join(folder, 'relative-'));
    await mkdir(join(inFolder, '.fullmakt'));
    await writeFile(join(inFolder, '.fullmakt', 'pepper'), PEPPER);
    const file = join(inFolder, 'fullmakt.yaml');
    await writeFile(file, MINIMAL.replace('${PEPPER}', '${file:.fullmakt/pepper}'));
    const loaded = await loadConfig(relative('.', file), { environment });
    expect(loaded).toMatchObject({
      config: {
        store: { path: join(inFolder, '.fullmakt/fullmakt.db') },
        policy: join(inFolder, 'build/policy.tar.gz'),
      },
    });
  });

  test('only paths that begin with the data folder’s name move with it', async () => {
    const config = await loadGood(MINIMAL.replace('build/policy', '.fullmakt-other/policy'), {
      environment,
      dataFolder: '/data',
    });
    expect(config.store).toEqual({ kind: 'sqlite', path: '/data/fullmakt.db' });
    expect(config.policy).toMatch(/^(?!\/data).*\/\.fullmakt-other\/policy\.tar\.gz$/);
  });

  test('a policy that does not load is told with the other faults', async () => {
    const tried: string[] = [];
    const checkPolicy = async (bundleFile: string) => {
      tried.push(bundleFile);
      return 'no such bundle';
    };
    const file = MINIMAL.replace('api: open', 'api: ""');
    const faults = await faultsOf(file, { environment, checkPolicy });
    expect(faults).toMatchObject([
      { line: 3, column: 9, message: 'policy: no such bundle' },
      { line: 7, message: expect.stringMatching(/^api: /) },
    ]);
    expect(tried).toEqual([expect.stringMatching(/\/build\/policy\.tar\.gz$/)]);
  });
});

describe('what is put in', () => {
  test.each([
    ['a list', '[a, b]'],
    ['a mapping', '{ allow: all }'],
    ['the end of a quote and a new member', 'x"\nrefusals: apim\n#'],
    ['a number', '7'],
    ['another placeholder', '${PEPPER}'],
  ])('%s from the environment stays a text', async (_, value) => {
    const loaded = await load(MINIMAL.replace('api: open', 'api: "${API}"'), {
      environment: { ...environment, API: value },
    });
    if ('faults' in loaded) {
      expect(loaded.faults.map(({ message }) => message)).toEqual([
        'api: must be a printable text without blanks around it',
      ]);
    } else {
      expect(loaded.config.routes[0]?.api).toBe(value);
      expect(loaded.config.refusals).toBe('problem');
    }
  });

  test('a text may hold several placeholders, and $${ stands for ${', async () => {
    const config = await loadGood(
      MINIMAL.replace('api: open', () => 'api: "${A}-$${A}-${B}"'),
      {
        environment: { ...environment, A: 'a', B: '$&' },
      },
    );
    expect(config.routes[0]?.api).toBe('a-${A}-$&');
  });

  test('names of members are left as they are', async () => {
    const [fault] = await faultsOf(`${MINIMAL}\${PEPPER}: x\n`);
    expect(fault?.message).toContain('there is no such name here');
  });

  test('a variable is looked up among the environment’s own', async () => {
    const [fault] = await faultsOf(MINIMAL.replace('api: open', 'api: "${toString}"'));
    expect(fault?.message).toBe('api: the environment variable toString is not set');
  });
});

describe('a file that cannot be read', () => {
  test('is told when it does not exist', async () => {
    const loaded = await loadConfig(join(folder, 'no-such.yaml'));
    expect(loaded).toMatchObject({
      faults: [{ line: 1, column: 1, message: 'cannot be read: no such file' }],
    });
  });

  test('is told when it is not UTF-8', async () => {
    const [fault] = await faultsOf(Uint8Array.of(0x61, 0x3a, 0x20, 0xff));
    expect(fault?.message).toBe('cannot be read: it is not UTF-8');
  });

  test.each([
    ['an empty file', ''],
    ['a file of comments', '# nothing\n'],
    ['a list', '- store: x\n'],
  ])('is told when it is %s', async (_, text) => {
    const [fault] = await faultsOf(text);
    expect(fault).toMatchObject({ line: 1, column: 1, message: 'must be a mapping' });
  });
});
