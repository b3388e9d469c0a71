import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { applyCommand } from '../../src/cli/apply.ts';
import { makeSecrets } from '../../src/config/new-secrets.ts';

const CONFIG = `store: sqlite:fullmakt.db
policy: policy.tar.gz
secrets: { pepper: "\${file:pepper}", signingKey: "\${file:signing.jwk}" }
upstreams: { products: { url: "http://127.0.0.1:8090" } }
routes:
  - { match: GET /open, upstream: products, apiProduct: products, api: open, response: unfiltered }
`;
const STATE = `apiProducts: [{ name: products, apis: [open] }]
users: [{ email: a@x.no, confirmed: true }]
subscriptions: [{ email: a@x.no, apiProduct: products, primaryKey: a-key-of-somebody-else }]
`;

let folder: string;
const out: string[] = [];
const err: string[] = [];
const errors: string[] = [];
let heard: (line: string) => unknown = () => undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fullmakt-apply-'));
  await makeSecrets(folder);
  await writeFile(join(folder, 'fullmakt.yaml'), CONFIG);
});
afterAll(() => rm(folder, { recursive: true }));

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  out.length = 0;
  err.length = 0;
  errors.length = 0;
  heard = () => undefined;
});

async function apply(text: string, flags: readonly string[] = [], config = 'fullmakt.yaml') {
  const file = join(folder, 'state.yaml');
  await writeFile(file, text);
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    out.push(line);
    heard(line);
  });
  vi.spyOn(console, 'error').mockImplementation((line: string) => void errors.push(line));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0);
  await applyCommand().parseAsync(['-f', file, '--config', join(folder, config), ...flags], { from: 'user' });
  return process.exitCode;
}

test('what would change is told, then what changed with the keys that were made last, then nothing', async () => {
  const lines = ['+ API product products', '+ user a@x.no, confirmed', '+ subscription a@x.no products'];
  expect(await apply(STATE, ['--dry-run'])).toBeUndefined();
  expect(out.splice(0)).toEqual([...lines, '= 3 added, if this were no dry run']);
  expect(await apply(STATE)).toBeUndefined();
  expect(out.splice(0)).toEqual([
    ...lines,
    '= 3 added',
    '\nKeys that were made. They are shown this once, and kept nowhere:',
    '  a@x.no products',
    expect.stringMatching(/^ {4}secondary key: [\w-]{43}$/),
  ]);
  expect(await apply(STATE)).toBeUndefined();
  expect(out.splice(0)).toEqual(['= nothing to do']);
  expect(await apply(STATE.replace('true', 'false'))).toBeUndefined();
  expect(out.splice(0)).toEqual(['~ user a@x.no: no longer confirmed', '= 1 changed']);
  expect(await apply('users: []', ['--prune'])).toBeUndefined();
  expect(out).toEqual(['- subscription a@x.no products', '- user a@x.no', '= 2 removed']);
  expect(err).toEqual([]);
});

test('products are told in numbers, or one by one where that is asked for', async () => {
  const catalog = 'catalog: [{ productId: "1", owner: "" }, { productId: "2", owner: "" }]';
  await apply(catalog, ['--dry-run', '--verbose']);
  expect(out.splice(0)).toEqual(['+ product 1', '+ product 2', '= 2 added, if this were no dry run']);
  await apply(catalog);
  expect(out.splice(0)).toEqual(['+ 2 products', '= 2 added']);
  await apply(catalog.replace('""', '"10009"').replace(', { productId: "2", owner: "" }', ''), ['--prune']);
  expect(out.splice(0)).toEqual([
    '~ 1 product',
    '- 1 product',
    'note: 1 product belongs to wholesalers that are not known: 10009',
    '= 1 changed, 1 removed',
  ]);
  await apply('catalog: []', ['--prune']);
});

test('what the store has beside the file is told, a permission that was to be narrowed by its name', async () => {
  const state = `wholesalers: [{ id: "10001", name: W }]
roles: [{ roleId: R, api: open, httpVerb: GET, description: r }]
mainRoles: [{ mainRoleId: M, roles: [R], description: m }]
users: [{ email: a@x.no, confirmed: true }, { email: b@x.no }]
permissions: [{ email: a@x.no, accessToWholesaler: "10001", roleId: R, mainRoleId: M }]
`;
  await apply(state);
  out.splice(0);
  const narrowed = state
    .replace(', { email: b@x.no }', '')
    .replace('mainRoleId: M }]\n', 'mainRoleId: M, scope: { distributor: ["2"] } }]\n');
  expect(narrowed).not.toEqual(state);
  const told = [
    '! permission a@x.no 10001 R distributor=2: the store has a wider one (no scope), which stays; --prune removes it',
    '! 1 user, 1 permission in the store are not in the file; --prune removes them',
  ];
  await apply(narrowed);
  expect(out.splice(0)).toEqual(['+ permission a@x.no 10001 R distributor=2: by M', ...told, '= 1 added']);
  await apply(narrowed);
  expect(out.splice(0)).toEqual([...told, '= nothing to add or change']);
  await apply(narrowed, ['--prune']);
  expect(out.splice(0)).toEqual(['- permission a@x.no 10001 R', '- user b@x.no', '= 2 removed']);
  await apply(narrowed);
  expect(out).toEqual(['= nothing to do']);
  await apply('{ wholesalers: [], roles: [], mainRoles: [], users: [], permissions: [] }', ['--prune']);
});

test('a faulty state is told at file, line and column, with exit status 1, and changes nothing', async () => {
  expect(await apply('users:\n  - { email: a.x.no }\n  - { email: b@x.no, name: B }\n')).toBe(1);
  expect(out).toEqual([]);
  expect(err.join('')).toContain('state.yaml:2:14: email: must be an email address');
  expect(err.join('')).toContain('state.yaml:3:22: name: there is no such name here');
  process.exitCode = undefined;
  await apply('users: []', ['--prune', '--dry-run']);
  expect(out).toEqual(['= nothing to do']);
});

test('a faulty configuration is told with exit status 78', async () => {
  await writeFile(join(folder, 'faulty.yaml'), CONFIG.replace('policy:', 'polisy:'));
  expect(await apply(STATE, [], 'faulty.yaml')).toBe(78);
  expect(err.join('')).toContain('faulty.yaml:2:1: polisy: there is no such name here; did you mean policy?');
});

test('a pepper that was exchanged is told, with exit status 1, and nothing is changed', async () => {
  await apply(STATE);
  await writeFile(join(folder, 'new-pepper'), 'another pepper of thirty-two chars\n');
  await writeFile(join(folder, 'exchanged.yaml'), CONFIG.replace('file:pepper', 'file:new-pepper'));
  out.splice(0);
  expect(await apply('users: [{ email: b@x.no }]', [], 'exchanged.yaml')).toBe(1);
  expect(out).toEqual([]);
  expect(errors).toEqual([
    expect.stringMatching(
      /exchanged\.yaml: 1 subscription has keys under a pepper that secrets\.pepper does not list \([0-9a-f]{8}\): .*nothing was changed/,
    ),
  ]);
  process.exitCode = undefined;
  await apply('{ users: [], apiProducts: [] }', ['--prune']);
});

test('an apply that is interrupted tells the keys that it has made', async () => {
  vi.spyOn(process, 'exit').mockImplementation((status) => {
    throw new Error(`ended with ${status}`);
  });
  heard = (line) => line.startsWith('+ subscription') && process.emit('SIGHUP');
  await expect(apply(STATE)).rejects.toThrow('ended with 1');
  expect(out.filter((line) => line.includes('secondary key: '))).toHaveLength(1);
});
