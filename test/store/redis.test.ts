import { randomUUID } from 'node:crypto';
import { afterAll, describe } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { RedisStore } from '../../src/store/redis/redis-store.ts';
import { storeContract } from '../contract/store.contract.ts';
import { startRedis } from '../redis-server.ts';

const redis = await startRedis();
const open: RedisStore[] = [];

afterAll(async () => {
  for (const store of open) await store.close();
  await redis?.stop();
});

describe.skipIf(redis === undefined)('the Redis store', () => {
  storeContract({
    async create(keptCommits) {
      const url = new URL(redis?.url ?? '');
      url.searchParams.set('prefix', `${url.searchParams.get('prefix') ?? 'fullmakt'}.${randomUUID()}`);
      const again = async () => {
        const store = await RedisStore.open(new Secret(url.href), {
          durability: 'relaxed',
          ...(keptCommits !== undefined && { keptCommits }),
        });
        open.push(store);
        return store;
      };
      return { store: await again(), again };
    },
  });
});
