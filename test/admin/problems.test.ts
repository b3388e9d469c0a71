import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { PROBLEMS } from '../../src/admin/problems.ts';

test('docs/admin.md lists every problem with its status, each once, and no other', () => {
  const rows = readFileSync('docs/admin.md', 'utf8').matchAll(/^\| `(\w+)` \| (\d+) \| .+ \|$/gm);
  const documented = [...rows].map(([, code, status]) => [code, Number(status)]);
  expect(documented).toEqual(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]));
});
