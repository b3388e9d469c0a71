import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { openStore } from '../../src/store/open-store.ts';
import type { Store } from '../../src/store/store.ts';
import { startRedis } from '../redis-server.ts';
import { allRecords, behind, faultsOf, KEYS, linesOf, PEPPERS, Rig, STATE } from './rig.ts';

const redis = await startRedis();
const rig = await Rig.make();
afterAll(async () => {
  await rig.close();
  await redis?.stop();
});

describe.each(['embedded', 'redis'])('on the %s store', (kind) => {
  const left = kind === 'redis' && redis === undefined;
  let store: Store;
  beforeAll(async () => {
    if (left) return;
    store =
      kind === 'redis'
        ? await openStore({ kind: 'redis', url: new Secret(redis?.url ?? '') }, { durability: 'relaxed' })
        : await rig.openStore();
  });
  afterAll(() => store?.close());

  test.skipIf(left)('a dry run tells what would change and writes nothing', async () => {
    const result = await rig.apply(store, STATE, { dryRun: true });
    expect(linesOf(result)).toEqual([
      '+ wholesaler 10001',
      '+ API product my-products',
      '+ role STOCK_READ',
      '+ main role DISTRIBUTION',
      '+ user api@distributor.no, confirmed',
      '+ user api@wholesaler.no',
      '+ primary email api@wholesaler.no of wholesaler 10001',
      '+ subscription api@wholesaler.no my-products',
      '+ subscription api@distributor.no my-products',
      '+ permission api@distributor.no 10001 STOCK_READ distributor=20003: by DISTRIBUTION',
      '+ product 1101',
    ]);
    expect(result.changes.some(({ made }) => made !== undefined)).toBe(false);
    expect(await store.position()).toMatchObject({ revision: 0 });
  });

  test.skipIf(left)('applying tells the same, and a second time changes nothing', async () => {
    const planned = linesOf(await rig.apply(store, STATE, { dryRun: true }));
    expect(linesOf(await rig.apply(store, STATE))).toEqual(planned);
    const position = await store.position();
    expect(linesOf(await rig.apply(store, STATE))).toEqual([]);
    expect(linesOf(await rig.apply(store, STATE, { prune: true }))).toEqual([]);
    expect(await store.position()).toEqual(position);
  });

  test.skipIf(left)('keys that are not given are made, told once, and no key is stored', async () => {
    const state = STATE.replaceAll('my-products', 'others').replaceAll(/, primaryKey: [\w-]+/g, '');
    const made = (await rig.apply(store, state)).changes.flatMap(({ made }) => made ?? []);
    expect(made.map(({ email, apiProduct }) => [email, apiProduct])).toEqual([
      ['api@wholesaler.no', 'others'],
      ['api@distributor.no', 'others'],
    ]);
    const keys = made.flatMap(({ primary, secondary }) => [
      primary?.reveal() ?? '',
      secondary?.reveal() ?? '',
    ]);
    for (const key of keys) expect(key).toMatch(/^[\w-]{43}$/);
    expect(new Set(keys).size).toBe(4);
    const stored = JSON.stringify(await allRecords(store));
    for (const key of [...keys, ...Object.values(KEYS)]) expect(stored).not.toContain(key);
    expect((await rig.apply(store, state)).changes).toEqual([]);
  });

  test.skipIf(left)('two applies at once lose nothing of each other', async () => {
    const users = (name: string) =>
      `users: [${Array.from({ length: 30 }, (_, n) => `{ email: ${name}${n}@x.no, confirmed: true }`).join(', ')}]
permissions:
${Array.from({ length: 30 }, (_, n) => `  - { email: api@distributor.no, accessToWholesaler: "10001", roleId: STOCK_READ, mainRoleId: DISTRIBUTION, scope: { distributor: ["${name}${n}"] } }`).join('\n')}
`;
    await Promise.all(['a', 'b', 'c', 'd'].map((name) => rig.apply(store, users(name))));
    const grants = await allRecords(store, 'grants/');
    expect(grants.flatMap(({ fields }) => Object.keys(fields))).toHaveLength(121);
    for (const name of ['a', 'b', 'c', 'd']) expect(linesOf(await rig.apply(store, users(name)))).toEqual([]);
  });

  test.skipIf(left)('the same new state applied twice at once is applied once', async () => {
    const state = `
apiProducts: [{ name: fresh, apis: [] }]
users: [{ email: twice@x.no }]
subscriptions: [{ email: twice@x.no, apiProduct: fresh }]
`;
    const results = await Promise.all([rig.apply(store, state), rig.apply(store, state)]);
    expect(results.flatMap(linesOf).toSorted()).toEqual([
      '+ API product fresh',
      '+ subscription twice@x.no fresh',
      '+ user twice@x.no',
    ]);
  });
});

test('what others change between reading and writing is read again', async () => {
  const store = await rig.openStore();
  await rig.apply(store, STATE);
  let overtaken = 0;
  const contested = behind(store, {
    commit: async (changes, preconditions) => {
      if (++overtaken <= 3) await rig.apply(store, `wholesalers: [{ id: "10001", name: Name ${overtaken} }]`);
      return store.commit(changes, preconditions);
    },
  });
  const result = await rig.apply(contested, STATE);
  expect(linesOf(result)).toEqual([]);
  await rig.apply(store, 'wholesalers: [{ id: "10001", name: Name 0 }]');
  expect(linesOf(await rig.apply(contested, STATE))).toEqual([
    '~ wholesaler 10001: name Name 3 → Wholesaler AS',
  ]);
  expect(overtaken).toBe(4);
});

test('a role that is removed while it is being granted is not granted', async () => {
  const store = await rig.openStore();
  await rig.apply(store, STATE.replace(/permissions:[^]*catalog:/, 'catalog:'));
  let first = true;
  const contested = behind(store, {
    commit: async (changes, preconditions) => {
      if (first) await store.commit([{ key: 'role/STOCK_READ', remove: true }]);
      first = false;
      return store.commit(changes, preconditions);
    },
  });
  const permission = `permissions: ${STATE.split('permissions:')[1]?.split('catalog:')[0]}`;
  expect(faultsOf(await rig.apply(contested, permission))).toEqual(['4:13: roleId: there is no such role']);
  expect(await allRecords(store, 'grants/')).toEqual([]);
});

test('an apply that is overtaken all the time gives up', async () => {
  const store = await rig.openStore();
  const contested = behind(store, { commit: async () => ({ committed: false, conflicts: [] }) });
  await expect(rig.apply(contested, 'users: [{ email: a@x.no }]')).rejects.toMatchObject({
    code: 'unreachable',
  });
});

test('what was changed before a failure has been told', async () => {
  const store = await rig.openStore();
  let commits = 0;
  const failing = behind(store, {
    commit: async (changes, preconditions) => {
      if (++commits > 1) throw new Error('the server is gone');
      return store.commit(changes, preconditions);
    },
  });
  const users = Array.from({ length: 600 }, (_, n) => `{ email: u${n}@x.no }`).join(', ');
  const told: string[] = [];
  const applied = rig.apply(failing, `users: [${users}]`, { applied: ({ text }) => told.push(text) });
  await expect(applied).rejects.toThrow('the server is gone');
  expect(told).toHaveLength((await allRecords(store, 'user/')).length);
  expect(told.length).toBeGreaterThan(0);
});

test('products are written in commits of 1,000 records at most, their audit among them, and only the differences later', async () => {
  const store = await rig.openStore();
  const sizes: number[] = [];
  const counting = behind(store, {
    commit: (changes, preconditions) => {
      sizes.push(changes.length);
      return store.commit(changes, preconditions);
    },
  });
  const rows = Array.from({ length: 2500 }, (_, n) => `${1101 + n},${10_001 + (n % 300)},20003`);
  const state = 'catalog: { file: products.csv }';
  await rig.write('products.csv', ['productId,owner,distributor', ...rows, ''].join('\r\n'));
  expect((await rig.apply(counting, state)).changes).toHaveLength(2500);
  expect(sizes).toEqual([1000, 1000, 1000, 1000, 1000]);
  rows[7] = '1108,10001,20004';
  await rig.write('products.csv', ['productId,owner,distributor', ...rows.slice(0, -1), ''].join('\r\n'));
  expect(linesOf(await rig.apply(counting, state, { prune: true }))).toEqual([
    '~ product 1108: owner 10008 → 10001, distributor 20003 → 20004',
    '- product 3600',
  ]);
  expect(sizes.at(-1)).toBe(4);
});

test('peppers of other deployments know nothing of a key', async () => {
  const store = await rig.openStore();
  await rig.apply(store, STATE);
  const others = [{ id: '0b0b0b0b', text: new Secret('another pepper of thirty-two chars') }] as const;
  const state = STATE.replaceAll(/primaryKey: ([\w-]+)/g, 'primaryKey: $1, secondaryKey: second-$1');
  const line = '~ subscription api@distributor.no my-products: primary key replaced, secondary key replaced';
  expect(linesOf(await rig.apply(store, state, { peppers: others }))).toContain(line);
  expect(linesOf(await rig.apply(store, state, { peppers: [...PEPPERS, ...others] }))).toEqual([]);
});
