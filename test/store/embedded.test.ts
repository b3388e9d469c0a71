import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, describe, expect, test } from 'vitest';
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { START, take } from '../contract/feed.contract.ts';
import { storeContract } from '../contract/store.contract.ts';

const folder = await mkdtemp(join(tmpdir(), 'fullmakt-store-'));
const open: EmbeddedStore[] = [];
let files = 0;

afterAll(async () => {
  for (const store of open) await store.close();
  await rm(folder, { recursive: true });
});

/** Another process that takes its time over a commit. */
const HOLD_AND_COMMIT = `
  const database = new (require('node:sqlite').DatabaseSync)(process.argv[1]);
  database.exec("BEGIN IMMEDIATE; INSERT INTO feed VALUES (1, 'x', 'b'); INSERT INTO record VALUES ('b', 1, '{}')");
  console.log('held');
  setTimeout(() => database.exec('COMMIT'), 200);
`;

function newFile(): string {
  return join(folder, `${++files}.db`);
}

async function openFile(path: string, options?: { keptCommits: number }): Promise<EmbeddedStore> {
  const store = await EmbeddedStore.open(path, options);
  open.push(store);
  return store;
}

describe('the embedded store', () => {
  storeContract({
    async create(keptCommits) {
      const path = newFile();
      const again = () => openFile(path, keptCommits === undefined ? undefined : { keptCommits });
      return { store: await again(), again };
    },
  });

  test('several processes may share a file, from its making on: no count is lost, and the feed tells all', async () => {
    const path = newFile();
    const writers = Array.from({ length: 3 }, () =>
      fork(new URL('embedded-writer.ts', import.meta.url), [path, '20'], { execArgv: [] }),
    );
    const exits = Promise.all(writers.map((writer) => once(writer, 'exit')));
    const store = await openFile(path);
    const entries = await take(store, START, 60);
    expect(await exits).toEqual([
      [0, null],
      [0, null],
      [0, null],
    ]);
    expect(entries.map((entry) => entry.revision)).toEqual(
      Array.from({ length: 60 }, (_, index) => index + 1),
    );
    expect((await store.read(['counter'])).records[0]?.fields).toEqual({ count: '60' });
  });

  test('what was committed is there when the file is opened again', async () => {
    const path = newFile();
    const first = await openFile(path);
    await first.commit([{ key: 'a', set: { x: '1' } }]);
    const position = await first.position();
    await first.close();
    const second = await openFile(path);
    expect(await second.read(['a'])).toEqual({
      ...position,
      records: [{ key: 'a', revision: 1, fields: { x: '1' } }],
    });
  });

  test('nobody but its owner can read the file, what lies beside it, or a folder made for it', async () => {
    const path = join(folder, 'private', 'store', 'fullmakt.db');
    const store = await openFile(path);
    await store.commit([{ key: 'a', set: { x: '1' } }]);
    const mode = async (name: string) => (await stat(name)).mode & 0o777;
    expect(await mode(join(folder, 'private'))).toBe(0o700);
    expect(await mode(join(folder, 'private', 'store'))).toBe(0o700);
    for (const name of [path, `${path}-wal`, `${path}-shm`]) expect(await mode(name)).toBe(0o600);
  });

  test('a file of another version is refused', async () => {
    const path = newFile();
    await (await openFile(path)).close();
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 2');
    database.close();
    await expect(EmbeddedStore.open(path)).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('a database of another program is refused and left as it is', async () => {
    const path = newFile();
    const database = new DatabaseSync(path);
    database.exec('CREATE TABLE theirs (x)');
    await expect(EmbeddedStore.open(path)).rejects.toMatchObject({ code: 'corrupt' });
    expect(database.prepare('SELECT name FROM sqlite_schema').all()).toEqual([{ name: 'theirs' }]);
    database.close();
  });

  test('a file that is no database is refused', async () => {
    const path = newFile();
    await writeFile(path, 'keys: [a, b]\n'.repeat(500));
    await expect(EmbeddedStore.open(path)).rejects.toMatchObject({ name: 'StoreError', code: 'corrupt' });
  });

  test('a damaged record is corrupt, and its content is not told', async () => {
    const path = newFile();
    const store = await openFile(path);
    await store.commit([{ key: 'a', set: { x: 'hush' } }]);
    const database = new DatabaseSync(path);
    database.exec(`UPDATE record SET fields = '{"x":"hush'`);
    database.close();
    const fault = await store.read(['a']).catch((error: unknown) => error);
    expect(fault).toMatchObject({ name: 'StoreError', code: 'corrupt' });
    expect(String(fault)).not.toContain('hush');
  });

  test('a folder that cannot be made is unreachable', async () => {
    const file = newFile();
    await appendFile(file, '');
    await expect(EmbeddedStore.open(join(file, 'fullmakt.db'))).rejects.toMatchObject({
      name: 'StoreError',
      code: 'unreachable',
    });
  });

  test('there is no word from a file that was deleted or replaced', async () => {
    const path = newFile();
    const store = await openFile(path);
    await rename(path, `${path}.old`);
    await expect(store.position()).rejects.toMatchObject({ code: 'unreachable' });
    await openFile(path);
    await expect(store.position()).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('a commit waits for one under way in another process, and builds on it', async () => {
    const path = newFile();
    const store = await openFile(path);
    const holder = spawn(process.execPath, ['--eval', HOLD_AND_COMMIT, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(holder.stdout, 'data');
    const result = await store.commit([{ key: 'a', set: { x: '1' } }], [{ key: 'b', revision: 1 }]);
    expect(result).toMatchObject({ committed: true, position: { revision: 2 } });
  });

  test('a commit under way in another process holds up no reader, and is not seen', async () => {
    const path = newFile();
    const store = await openFile(path);
    const database = new DatabaseSync(path);
    database.exec("BEGIN IMMEDIATE; INSERT INTO feed (revision, commit_id, keys) VALUES (1, 'x', 'a')");
    expect(await store.position()).toEqual(START);
    database.exec('ROLLBACK');
    database.close();
    expect((await store.commit([{ key: 'a', set: { x: '1' } }])).committed).toBe(true);
  });
});
