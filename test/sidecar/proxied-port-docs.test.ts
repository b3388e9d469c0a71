import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parse, stringify } from 'yaml';
import { renderFaults } from '../../src/config/file-fault.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { LIMITS, PATIENCE } from '../../src/sidecar/limits.ts';
import { REFUSALS } from '../../src/sidecar/refusals.ts';

const text = await readFile(new URL('../../docs/proxied-port.md', import.meta.url), 'utf8');

/** The rows of the first table under a heading, without its two first lines. */
function rowsUnder(heading: string): string[][] {
  const section = text.slice(text.indexOf(`## ${heading}`)).split('\n## ')[0] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

it('docs/proxied-port.md tells the limits as they are, in their order', () => {
  const { targetBytes, headBytes, headerLines, requests, requestsOfUser, connections, followers } = LIMITS;
  const grouped = (count: number): string => count.toLocaleString('en-GB');
  const seconds = (milliseconds: number): string => `${milliseconds / 1000} s`;
  expect(rowsUnder('Limits').map(([, is]) => is)).toEqual([
    `${grouped(targetBytes)} bytes`,
    `${grouped(headBytes)} bytes`,
    grouped(headerLines),
    grouped(requestsOfUser),
    grouped(requests),
    grouped(connections),
    grouped(followers),
    seconds(PATIENCE.head),
    seconds(PATIENCE.request),
    seconds(PATIENCE.silence),
    seconds(PATIENCE.silence),
    seconds(PATIENCE.nextRequest),
  ]);
});

it('every refusal that docs/proxied-port.md names is one, with its status', () => {
  const named = [...text.matchAll(/(\d{3}) `(\w+)`/g)].map(([, status, code]) => [code, Number(status)]);
  expect(named.length).toBeGreaterThan(5);
  const statuses: ReadonlyMap<string, number | undefined> = new Map(
    Object.entries(REFUSALS).map(([code, { status }]) => [code, status]),
  );
  for (const [code, status] of named) expect([code, statuses.get(String(code))]).toEqual([code, status]);
});

function merge(into: Record<string, unknown>, more: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(more)) {
    const there = into[name];
    if (Array.isArray(there) && Array.isArray(value)) there.push(...value);
    else if (isMapping(there) && isMapping(value)) merge(there, value);
    else into[name] = value;
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

it('the configuration that docs/proxied-port.md shows, put together, is good', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fullmakt-docs-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'fullmakt.yaml');
  const configuration: Record<string, unknown> = {
    store: 'sqlite:store.db',
    policy: 'policy.tar.gz',
    secrets: { pepper: 'x'.repeat(32), signingKey: '${KEY}' },
  };
  const shown = [...text.matchAll(/```yaml\n([^]*?)```/g)].map(([, block]) => block ?? '');
  expect(shown).toHaveLength(4);
  for (const block of shown) merge(configuration, parse(block));
  await writeFile(file, stringify(configuration));
  const KEY = JSON.stringify(generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }));
  const loaded = await loadConfig(file, { environment: { KEY } });
  expect('faults' in loaded ? renderFaults(loaded.faults) : '').toBe('');
});
