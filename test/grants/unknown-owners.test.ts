import { afterAll, expect, test } from 'vitest';
import { readState } from '../../src/grants/state.ts';
import { unknownOwners } from '../../src/grants/unknown-owners.ts';
import { Rig, STATE } from './rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

const CATALOG = `catalog:
  - { productId: "1", owner: "10001" }
  - { productId: "2", owner: "10009" }
  - { productId: "3", owner: "10009" }
  - { productId: "4", owner: "ø" }
  - { productId: "5", owner: "" }
  - { productId: "6", owner: "10002" }
`;

test('owners that neither the file nor the store knows are told, with their products', async () => {
  const store = await rig.openStore();
  await rig.apply(store, STATE);
  const state = await readState(
    await rig.write('owners.yaml', `wholesalers: [{ id: "10002", name: W }]\n${CATALOG}`),
  );
  expect(await unknownOwners(store, state, false)).toEqual({ products: 3, owners: ['10009', 'ø'] });
  expect(await unknownOwners(store, state, true)).toEqual({ products: 4, owners: ['10001', '10009', 'ø'] });
});
