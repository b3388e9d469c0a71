import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe } from 'vitest';
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { storeContract } from '../contract/store.contract.ts';

const folder = await mkdtemp(join(tmpdir(), 'fullmakt-store-'));
const open: EmbeddedStore[] = [];
let files = 0;

afterAll(async () => {
  for (const store of open) await store.close();
  await rm(folder, { recursive: true });
});

describe('the embedded store', () => {
  storeContract({
    async create(keptCommits) {
      const path = join(folder, `${++files}.db`);
      const again = async () => {
        const store = await EmbeddedStore.open(path, keptCommits === undefined ? {} : { keptCommits });
        open.push(store);
        return store;
      };
      return { store: await again(), again };
    },
  });
});
