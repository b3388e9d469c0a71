import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { createLog } from '../../src/telemetry/log.ts';

function logged(write: (log: ReturnType<typeof createLog>) => void): Record<string, unknown> {
  const lines: string[] = [];
  write(createLog({ stream: { write: (line) => void lines.push(line) } }));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0] ?? '');
}

it('a line is JSON with its level by name and its time in UTC', () => {
  expect(logged((log) => log.info({ code: 'x' }, 'decision'))).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    code: 'x',
    msg: 'decision',
  });
});

it('an error is told by name, code and message, not by its stack or what else it holds', () => {
  const error = Object.assign(new TypeError('broken'), {
    code: 'E_BROKEN',
    key: 'k-secret',
    cause: new Error('why'),
  });
  expect(logged((log) => log.error({ err: error }, 'failed'))['err']).toEqual({
    name: 'TypeError',
    code: 'E_BROKEN',
    message: 'broken',
  });
  expect(logged((log) => log.error({ err: 'k-secret' }, 'failed'))['err']).toEqual({
    name: 'string',
    message: 'something that is no Error was thrown',
  });
});

it('a secret is not told', () => {
  expect(logged((log) => log.info({ key: new Secret('k-secret') }))['key']).toBe('[secret]');
});

it('a log may go to a file, in a folder that is made for it, and nobody else may read it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'fullmakt-log-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'deep', 'fullmakt.log');
  createLog({ to: file }).info('hello');
  await vi.waitFor(async () => expect(await readFile(file, 'utf8')).toContain('"msg":"hello"'));
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});
