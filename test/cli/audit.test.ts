import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { applyCommand } from '../../src/cli/apply.ts';
import { auditCommand } from '../../src/cli/audit.ts';
import { makeSecrets } from '../../src/config/new-secrets.ts';

const CONFIG = `store: sqlite:fullmakt.db
policy: policy.tar.gz
secrets: { pepper: "\${file:pepper}", signingKey: "\${file:signing.jwk}" }
upstreams: { products: { url: "http://127.0.0.1:8090" } }
routes:
  - { match: GET /open, upstream: products, apiProduct: products, api: open, response: unfiltered }
`;
const event = z.looseObject({ id: z.string(), subject: z.looseObject({ kind: z.string() }) });

let folder: string;
let config: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fullmakt-audit-'));
  await makeSecrets(folder);
  config = join(folder, 'fullmakt.yaml');
  await writeFile(config, CONFIG);
  const state = join(folder, 'state.yaml');
  await writeFile(state, 'wholesalers: [{ id: "10001", name: W, primaryEmails: [api@w.no] }]');
  vi.spyOn(console, 'log').mockReturnValue();
  await applyCommand().parseAsync(['-f', state, '--config', config], { from: 'user' });
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  vi.restoreAllMocks();
});

async function exported(...flags: readonly string[]) {
  let out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
  await auditCommand().parseAsync(['export', '--config', config, ...flags], { from: 'user' });
  vi.restoreAllMocks();
  const lines = out.split('\n').filter((line) => line !== '');
  return { out, events: lines.map((line) => event.parse(JSON.parse(line))) };
}

test('every change is a line of JSON, the oldest first, and names no address', async () => {
  const { out, events } = await exported();
  expect(events.map(({ subject }) => subject.kind)).toEqual(['wholesaler', 'user', 'primary']);
  expect(out).not.toContain('api@w.no');
});

test('an export goes on where another ended, and can begin at a time', async () => {
  const { events } = await exported();
  const rest = await exported('--after', events[0]?.id ?? '');
  expect(rest.events).toEqual(events.slice(1));
  expect((await exported('--from', '2020-01-01T00:00:00Z')).events).toEqual(events);
  expect((await exported('--from', '2999-01-01T00:00:00Z')).events).toEqual([]);
});
