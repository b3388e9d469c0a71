import { createHash } from 'node:crypto';
import { afterEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { operatorTokenCommand } from '../../src/cli/operator-token.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('a token is made, and the line for the configuration has its name and hash', async () => {
  const out: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((text: string) => void out.push(...text.split('\n')));
  await operatorTokenCommand().parseAsync(['Kari "ops"'], { from: 'user' });
  const token = out[1]?.trim() ?? '';
  expect(token).toMatch(/^[\w-]{43}$/);
  const sha256 = createHash('sha256').update(token).digest('hex');
  expect(parse(out.at(-1) ?? '')).toEqual([{ name: 'Kari "ops"', sha256 }]);
});
