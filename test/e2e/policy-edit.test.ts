import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Fullmakt, freePort, RunningDemo } from './running-demo.ts';

const LIST = '/my-products/v0/stock-per-store';
let project: string;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), 'fullmakt-project-'));
  await cp('fullmakt.yaml', join(project, 'fullmakt.yaml'));
  await cp('policies', join(project, 'policies'), { recursive: true });
});

afterEach(() => rm(project, { recursive: true }));

async function editItems(edit: (rego: string) => string): Promise<void> {
  const file = join(project, 'policies/fullmakt/items.rego');
  const before = await readFile(file, 'utf8');
  const after = edit(before);
  expect(after).not.toBe(before);
  await writeFile(file, after);
}

test('an edited rule changes what the distributor sees after a restart', async () => {
  await editItems((rego) => rego.replace('covers(grant.scope, item.attributes)', 'grant.roleId != ""'));
  const demo = await RunningDemo.start({ cwd: project });
  try {
    const items: unknown[] = JSON.parse(await (await demo.get(LIST, 'distributor')).text());
    expect(items).toHaveLength(6);
  } finally {
    await demo.stop();
  }
});

test('a rule with a mistake is reported with its line, and nothing starts', async () => {
  await editItems((rego) => `${rego}\nvisible(item) if item.owned ==\n`);
  const lines = (await readFile(join(project, 'policies/fullmakt/items.rego'), 'utf8')).split('\n').length;
  const port = await freePort();
  const demo = new Fullmakt(['dev', '--port', String(port), '--data', join(project, 'data')], {
    cwd: project,
  });
  const { status, stderr, stdout } = await demo.ended();
  expect(status).toBe(1);
  expect(stderr).toMatch(new RegExp(`^policies/fullmakt/items\\.rego:(${lines - 1}|${lines}):`));
  expect(stdout).toBe('');
  await expect(fetch(`http://127.0.0.1:${port}${LIST}`)).rejects.toThrow();
});
