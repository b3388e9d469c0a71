import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { REFUSALS } from '../../src/sidecar/refusals.ts';

/** The rows of README.md's table whose header begins with `| code | status |`, as [code, status]. */
function rowsOfReadme(): (readonly [string, string])[] {
  const lines = readFileSync(new URL('../../README.md', import.meta.url), 'utf8').split('\n');
  const header = lines.findIndex((line) => /^\| *code *\| *status *\|/i.test(line));
  expect(header, 'README.md has a table that begins with | code | status |').toBeGreaterThan(-1);
  const rows = lines.slice(header + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end).map((line) => {
    const [, code = '', status = ''] = line.split('|').map((cell) => cell.replaceAll('`', '').trim());
    return [code, status] as const;
  });
}

it('README.md lists every refusal with its status, each once, and no other', () => {
  const rows = rowsOfReadme();
  const refusals = Object.entries(REFUSALS);
  expect(rows.map(([code]) => code).sort()).toEqual(refusals.map(([code]) => code).sort());
  for (const [code, { status }] of refusals) {
    const written = rows.find(([name]) => name === code)?.[1];
    // The upstream's own status is said in words.
    if (status === undefined) expect(written, code).not.toMatch(/^\d+$/);
    else expect(written, code).toBe(String(status));
  }
});
