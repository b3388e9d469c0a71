import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { checkCommand } from '../../src/cli/check.ts';
import { makeSecrets } from '../../src/config/new-secrets.ts';
import { compilePolicies } from '../../src/policy/compiler.ts';

const GOOD = `store: sqlite:fullmakt.db
policy: policy.tar.gz
secrets: { pepper: "\${file:pepper}", signingKey: "\${file:signing.jwk}" }
upstreams: { products: { url: "http://127.0.0.1:8090" } }
routes:
  - { match: GET /open, upstream: products, apiProduct: products, api: open, response: unfiltered }
`;

let folder: string;
let config: string;
const out: string[] = [];
const err: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fullmakt-check-'));
  config = join(folder, 'fullmakt.yaml');
  await makeSecrets(folder);
  const compiled = await compilePolicies('policies');
  if ('faults' in compiled) throw new Error('the default policy does not compile');
  await writeFile(join(folder, 'policy.tar.gz'), compiled.bundle);
});
afterAll(() => rm(folder, { recursive: true }));

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
  out.length = 0;
  err.length = 0;
});

async function check(text: string) {
  await writeFile(config, text);
  vi.spyOn(console, 'log').mockImplementation((line: string) => void out.push(line));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => err.push(String(text)) > 0);
  await checkCommand().parseAsync(['--config', config], { from: 'user' });
  return process.exitCode;
}

test('a good configuration is summed up in one line', async () => {
  expect(await check(GOOD)).toBeUndefined();
  expect(err).toEqual([]);
  expect(out).toEqual([expect.stringMatching(/fullmakt\.yaml: 1 route, 1 upstream, policy \S+: good$/)]);
});

test('the faults of the file and of its policy are told together, with their lines, and the status is 78', async () => {
  const text = GOOD.replace('policy.tar.gz', 'other.tar.gz').replace('api: open', 'api: open, keep: []');
  expect(await check(text)).toBe(78);
  expect(out).toEqual([]);
  const bundle = join(folder, 'other.tar.gz');
  expect(
    err.join('').replace(/there is: .*\)$/m, 'there is: …)'),
  ).toBe(`${config}:2:9: policy: ${bundle} cannot be read: no such file; make it with: fullmakt policy build -o ${bundle} DIR
    2 | policy: other.tar.gz
      |         ^
${config}:6:78: keep: there is no such name here (there is: …)
    6 |   - { match: GET /open, upstream: products, apiProduct: products, api: open, keep: [], response: unfiltered }
      |                                                                              ^
`);
});

test('a bundle that is no bundle is a fault of the line that names it', async () => {
  expect(await check(GOOD.replace('policy.tar.gz', 'pepper'))).toBe(78);
  expect(err.join('')).toMatch(/fullmakt\.yaml:2:9: policy: .*pepper: /);
});

test('a pepper or a signing key that is missing is told with the command that makes it', async () => {
  const elsewhere = join(folder, 'elsewhere');
  expect(await check(GOOD.replace('file:pepper', 'file:elsewhere/pepper'))).toBe(78);
  expect(err.join('')).toBe(
    `${config}:3:20: pepper: ${elsewhere}/pepper cannot be read: no such file; make it with: fullmakt secrets ${elsewhere}\n`,
  );
});
