import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFolder } from '../../src/config/make-folder.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fullmakt-folder-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('a folder is made with all above it, and one that is there is left', async () => {
  const deep = join(folder, 'a', 'b', 'c');
  await makeFolder(deep, 0o700);
  await makeFolder(deep, 0o755);
  for (const made of [deep, join(folder, 'a')]) expect((await stat(made)).mode & 0o777).toBe(0o700);
});

test('nothing is made below a file', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(makeFolder(join(folder, 'file', 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test.skipIf(process.platform !== 'linux')(
  'where nothing can be made, that is told, and at once',
  async () => {
    await expect(makeFolder('/proc/no-such-folder/data')).rejects.toMatchObject({ code: 'ENOENT' });
  },
);
