import { afterAll, expect, test } from 'vitest';
import type { Peppers } from '../../src/grants/subscription-key.ts';
import { describeUnreachableKeys, unreachableKeys } from '../../src/grants/unlisted-peppers.ts';
import type { Pepper } from '../../src/model/route.ts';
import { Secret } from '../../src/model/secret.ts';
import { allRecords, behind, PEPPERS, Rig, STATE } from './rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

const pepper = (id: string): Pepper => ({ id, text: new Secret(`a pepper of thirty-two characters, ${id}`) });
const OTHER: Peppers = [pepper('0b0b0b0b')];
const NOW = '2026-05-05T12:00:00.000Z';

test('keys under a pepper that is no longer listed are found, with their subscriptions', async () => {
  const store = await rig.openStore();
  await rig.apply(store, STATE);
  const keys = await unreachableKeys(store, OTHER, NOW);
  expect(keys.map(({ pepperId }) => pepperId)).toEqual(['0a0a0a0a', '0a0a0a0a', '0a0a0a0a', '0a0a0a0a']);
  expect(describeUnreachableKeys(keys)).toBe(
    '2 subscriptions have keys under a pepper that secrets.pepper does not list (0a0a0a0a): they are answered 401',
  );
  expect(await unreachableKeys(store, [OTHER[0], PEPPERS[0]], NOW)).toEqual([]);
});

test('where each pepper is listed, one record for each is read', async () => {
  const store = await rig.openStore();
  await rig.apply(store, STATE);
  await rig.apply(store, STATE.replaceAll('my-products', 'others').replaceAll(/, primaryKey: [\w-]+/g, ''), {
    peppers: [OTHER[0], PEPPERS[0]],
  });
  const limits: number[] = [];
  const watched = behind(store, {
    list: (prefix, page) => {
      limits.push(page.limit);
      return store.list(prefix, page);
    },
  });
  expect(await unreachableKeys(watched, [OTHER[0], PEPPERS[0]], NOW)).toEqual([]);
  expect(limits).toEqual([1, 1, 1]);
  expect(await unreachableKeys(store, OTHER, NOW)).toHaveLength(4);
});

test('what is cancelled or has ended is not missed', async () => {
  const store = await rig.openStore();
  await rig.apply(
    store,
    STATE.replaceAll('apiProduct: my-products,', 'apiProduct: my-products, state: cancelled,'),
  );
  expect(await unreachableKeys(store, OTHER, NOW)).toEqual([]);
});

test('nothing is applied while a key would stay under a pepper that is not listed', async () => {
  const store = await rig.openStore();
  await rig.apply(store, STATE);
  const before = await allRecords(store);
  expect(await rig.apply(store, 'users: [{ email: new@x.no }]', { peppers: OTHER })).toHaveProperty(
    'refusal',
    expect.stringContaining('2 subscriptions have keys under a pepper'),
  );
  expect(await allRecords(store)).toEqual(before);
});

test('a file that replaces those keys, or whose pruning takes them away, is applied', async () => {
  const store = await rig.openStore();
  await rig.apply(store, STATE);
  let made = 0;
  const renewed = STATE.replaceAll(
    /primaryKey: [\w-]+/g,
    () => `primaryKey: a-new-primary-key-${++made}, secondaryKey: a-new-secondary-key-${made}`,
  );
  expect((await rig.apply(store, renewed, { peppers: OTHER })).changes).toHaveLength(2);
  expect(await unreachableKeys(store, OTHER, NOW)).toEqual([]);
  expect(
    (await rig.apply(store, 'subscriptions: []', { peppers: PEPPERS, prune: true })).changes,
  ).toHaveLength(2);
});
