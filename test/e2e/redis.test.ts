import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startRedis } from '../redis-server.ts';
import { RunningDemo, run } from './running-demo.ts';

const LIST = '/my-products/v0/stock-per-store';
const redis = await startRedis();
const project = await mkdtemp(join(tmpdir(), 'fullmakt-project-'));
const config = join(project, 'fullmakt.yaml');

afterAll(async () => {
  await redis?.stop();
  await rm(project, { recursive: true });
});

test.skipIf(redis === undefined)(
  'the demo runs on Redis by changing `store` alone, and `apply` works beside it',
  async () => {
    const demoConfig = await readFile('fullmakt.yaml', 'utf8');
    await writeFile(config, demoConfig.replace(/^store: \S+/m, `store: ${redis?.url}`));
    const demo = await RunningDemo.start({ args: ['--config', config] });
    try {
      const idsFor = async (caller: 'wholesaler' | 'distributor' | 'stranger') => {
        const items: { productId: string }[] = JSON.parse(await (await demo.get(LIST, caller)).text());
        return items.map(({ productId }) => productId);
      };
      expect(await idsFor('wholesaler')).toHaveLength(6);
      expect(await idsFor('distributor')).toEqual(['1101', '1102', '1108', '1250302']);
      expect(await idsFor('stranger')).toEqual([]);

      // The same store by another process: the stranger gets one grant, the distributor loses its own.
      const beside = demoConfig
        .replace(/^store: \S+/m, `store: ${redis?.url}`)
        .replaceAll('.fullmakt/', `${demo.folder}/`);
      await writeFile(config, beside);
      const state = join(project, 'state.yaml');
      const permission = 'accessToWholesaler: "10001", roleId: STOCK_READ, mainRoleId: DISTRIBUTION';
      await writeFile(
        state,
        `permissions:
  - { email: api@stranger.no, ${permission}, scope: { distributor: ["20004"] } }
  - { email: api@distributor.no, ${permission}, scope: { distributor: ["20003"] }, active: false }
`,
      );
      const applied = await run(['apply', '--config', config, '-f', state]);
      expect(applied.stderr).toBe('');
      expect(applied.status).toBe(0);
      await expect.poll(() => idsFor('stranger'), { timeout: 5_000 }).toEqual(['90107']);
      await expect.poll(() => idsFor('distributor'), { timeout: 5_000 }).toEqual([]);
    } finally {
      expect((await demo.stop()).status).toBe(0);
    }
  },
);
