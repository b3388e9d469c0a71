import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isMap, isPair, isScalar, isSeq, parseDocument, visit } from 'yaml';
import { loadConfig } from '../../src/config/load-config.ts';

const GOOD = `
sidecar: { listen: "127.0.0.1:8080", maxStaleness: 30s }
admin: { mail: log, timezone: UTC }
store: sqlite:fullmakt.db
policy: policy.tar.gz
secrets: { pepper: ["0123456789abcdef0123456789abcdef"], signingKey: "\${KEY}" }
subscriptionKey: { header: key, query: key }
upstreams: { products: { url: "http://127.0.0.1:8090", maxItemBytes: 1MiB, requestHeaders: [x-a] } }
routes:
  - match: PUT /a/{b}
    upstream: products
    apiProduct: products
    api: a
    query: [a]
    request: { items: $, catalog: '@.id' }
    response: { items: "$.value[*]", attributes: { owner: '@.owner' }, keep: [$.next], whenEmpty: 204 }
`;

const key = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
const environment = { KEY: JSON.stringify(key) };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fullmakt-any-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('the file that the next test spoils is good', async () => {
  const file = join(folder, 'good.yaml');
  await writeFile(file, GOOD);
  expect(await loadConfig(file, { environment })).toHaveProperty('config');
});

/** Every place of the good file, as the path that leads there. */
const places: (readonly unknown[])[] = [];
visit(parseDocument(GOOD), (_, node, ancestors) => {
  if (!isMap(node) && !isSeq(node) && !isScalar(node)) return;
  const line = [...ancestors, node];
  places.push(
    line.flatMap((step, index) => {
      const holder = line[index - 1];
      if (isPair(step) && isScalar(step.key)) return [step.key.value];
      return isSeq(holder) ? [holder.items.indexOf(step)] : [];
    }),
  );
});

const hostileTexts = fc.constantFrom(
  '${KEY}',
  '${',
  '${file:/}',
  '$',
  '@',
  '/',
  ' ',
  '::',
  '\uD800',
  'GET /{',
);

test('whatever stands in whatever place, it is taken or told of, and nothing is thrown', async () => {
  const file = join(folder, 'fullmakt.yaml');
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...places),
      fc.oneof(fc.jsonValue(), hostileTexts),
      async (place, value) => {
        const document = parseDocument(GOOD);
        document.setIn(place, value);
        await writeFile(file, document.toString());
        const loaded = await loadConfig(file, { environment });
        const faults = 'faults' in loaded ? loaded.faults : [];
        expect('config' in loaded || faults.length > 0).toBe(true);
        expect(faults.every(({ line, column }) => line > 0 && column > 0)).toBe(true);
      },
    ),
    { numRuns: 150 },
  );
});
