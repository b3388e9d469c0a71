import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { startRedis } from '../redis-server.ts';

const folder = await mkdtemp(join(tmpdir(), 'fullmakt-open-'));
const redis = await startRedis();

afterAll(async () => {
  await redis?.stop();
  await rm(folder, { recursive: true });
});

async function works(store: Store): Promise<void> {
  await store.commit([{ key: 'a', set: { x: '1' } }]);
  expect((await store.read(['a'])).records[0]?.fields).toEqual({ x: '1' });
  await store.close();
}

test('a file is opened', async () => {
  await works(
    await openStore({ kind: 'sqlite', path: join(folder, 'fullmakt.db') }, { durability: 'strict' }),
  );
});

test.skipIf(redis === undefined)('a durable Redis is opened', async () => {
  await works(
    await openStore({ kind: 'redis', url: new Secret(redis?.url ?? '') }, { durability: 'strict' }),
  );
});

test('an address of another kind is refused', async () => {
  const location = { kind: 'redis', url: new Secret('redis+sentinel://one.example') } as const;
  await expect(openStore(location, { durability: 'relaxed' })).rejects.toMatchObject({ code: 'invalid' });
});
