import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { allRecords, faultsOf, KEYS, linesOf, Rig, STATE } from './rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

let store: Store;
beforeEach(async () => {
  store = await rig.openStore();
  await rig.apply(store, STATE);
});

/** The keys of all records but the random part of ids and hashes. */
async function kinds(): Promise<readonly string[]> {
  return (await allRecords(store)).map(({ key }) => key.replaceAll(/[0-9a-f]{8}[/-][0-9a-f-]{27,}/g, '*'));
}

test('the store holds these records for the example, and no others', async () => {
  expect(await kinds()).toEqual([
    'api-product/my-products',
    'email/api@distributor.no',
    'email/api@wholesaler.no',
    'grantee/10001/*',
    'grants/*',
    'key/*',
    'key/*',
    'key/*',
    'key/*',
    'main-role/DISTRIBUTION',
    'primary/10001/*',
    'product/1101',
    'role/STOCK_READ',
    'subscriber/*',
    'subscriber/*',
    'subscription/*',
    'subscription/*',
    'user/*',
    'user/*',
    'wholesaler/10001',
  ]);
});

test('an address stands in no record but its user’s and its own', async () => {
  for (const { key, fields } of await allRecords(store)) {
    if (key.startsWith('user/')) continue;
    expect(JSON.stringify([key.replace(/^email\/.*/, ''), fields])).not.toContain('@');
  }
});

test.each([
  ['a name', 'Wholesaler AS', 'Wholesaler ASA', '~ wholesaler 10001: name Wholesaler AS → Wholesaler ASA'],
  [
    'the APIs of a product',
    'apis: [',
    'apis: [orders, ',
    '~ API product my-products: apis ["stock-per-store"] → ["orders","stock-per-store"]',
  ],
  [
    'a role',
    'description: Read stock',
    'description: Stock',
    '~ role STOCK_READ: description Read stock → Stock',
  ],
  ['a confirmation', 'confirmed: true', 'confirmed: false', '~ user api@distributor.no: no longer confirmed'],
  [
    'a state',
    `primaryKey: ${KEYS.owner}`,
    `primaryKey: ${KEYS.owner}, state: suspended`,
    '~ subscription api@wholesaler.no my-products: state active → suspended',
  ],
  [
    'a key',
    KEYS.owner,
    'another-key-0123456789',
    '~ subscription api@wholesaler.no my-products: primary key replaced',
  ],
  [
    'a permission',
    'mainRoleId: DISTRIBUTION\n    scope',
    'mainRoleId: DISTRIBUTION\n    active: false\n    endsOn: 2027-01-01\n    scope',
    '~ permission api@distributor.no 10001 STOCK_READ distributor=20003: active true → false, endsOn none → 2027-01-01',
  ],
  [
    'a product',
    'distributor: "20003" }\n',
    'brand: "x" }\n',
    '~ product 1101: distributor 20003 → none, brand none → x',
  ],
  ['an owner', 'owner: "10001"', 'owner: ""', '~ product 1101: owner 10001 → '],
])('%s that is stated otherwise is changed, alone', async (_, before, after, line) => {
  const kindsBefore = await kinds();
  expect(STATE).toContain(before);
  const state = STATE.replace(before, after);
  expect(linesOf(await rig.apply(store, state))).toEqual([line]);
  expect(linesOf(await rig.apply(store, state))).toEqual([]);
  expect(await kinds()).toEqual(kindsBefore);
});

test('a user whose confirmation is not stated keeps it', async () => {
  expect(linesOf(await rig.apply(store, STATE.replace(', confirmed: true', '')))).toEqual([]);
});

test('a scope in another order is the same permission, in another extent another', async () => {
  const two = STATE.replace('["20003"]', '["20003", "20004"]');
  expect(linesOf(await rig.apply(store, two))).toEqual([
    '+ permission api@distributor.no 10001 STOCK_READ distributor=20003,20004: by DISTRIBUTION',
  ]);
  const turned = STATE.replace('["20003"]', '["20004", "20003"]');
  expect(linesOf(await rig.apply(store, turned))).toEqual([]);
});

test('what a file does not name stays, and goes with prune in the sections that it has', async () => {
  const state = 'permissions: []\nroles: []\ncatalog: []';
  expect(linesOf(await rig.apply(store, state))).toEqual([]);
  expect(linesOf(await rig.apply(store, state, { prune: true, dryRun: true }))).toHaveLength(4);
  expect(linesOf(await rig.apply(store, state, { prune: true }))).toEqual([
    '- permission api@distributor.no 10001 STOCK_READ distributor=20003',
    '~ main role DISTRIBUTION: roles ["STOCK_READ"] → []',
    '- role STOCK_READ',
    '- product 1101',
  ]);
  const left = await kinds();
  expect(left).not.toContain('grants/*');
  expect(left).not.toContain('grantee/10001/*');
  expect(left.filter((key) => key.startsWith('user/'))).toHaveLength(2);
});

test('an empty statement with prune empties the store', async () => {
  const state = `
wholesalers: []
apiProducts: []
roles: []
mainRoles: []
users: []
subscriptions: []
permissions: []
catalog: []
`;
  const lines = linesOf(await rig.apply(store, state, { prune: true }));
  expect(lines.every((line) => line.startsWith('- '))).toBe(true);
  expect(await kinds()).toEqual([]);
});

test.each([
  ['users', ['user', 'subscription', 'subscription', 'permission', 'primary email', 'user']],
  ['wholesalers', ['wholesaler', 'permission', 'primary email']],
  ['apiProducts', ['API product', 'subscription', 'subscription']],
  ['mainRoles', ['main role', 'permission']],
])('what hangs on pruned %s goes with them', async (section, removed) => {
  const lines = linesOf(await rig.apply(store, `${section}: []`, { prune: true }));
  const things = removed.map((name) => `- ${name} `).toSorted();
  expect(lines.map((line) => things.find((name) => line.startsWith(name)) ?? line).toSorted()).toEqual(
    things,
  );
  expect(linesOf(await rig.apply(store, `${section}: []`, { prune: true }))).toEqual([]);
});

test('an address that is registered again inherits nothing', async () => {
  const distributor = (await allRecords(store, 'email/'))[0]?.fields['userId'];
  await rig.apply(store, 'users: [{ email: api@wholesaler.no }]', { prune: true });
  const lines = linesOf(await rig.apply(store, 'users: [{ email: api@distributor.no, confirmed: true }]'));
  expect(lines).toEqual(['+ user api@distributor.no, confirmed']);
  expect((await allRecords(store, 'email/'))[0]?.fields['userId']).not.toBe(distributor);
  expect(await allRecords(store, 'grants/')).toEqual([]);
  expect(await allRecords(store, 'grantee/')).toEqual([]);
  expect(await allRecords(store, 'subscription/')).toHaveLength(1);
});

test('a primary email that is stated under another wholesaler moves there', async () => {
  const state = `wholesalers: [{ id: "10002", name: Other AS, primaryEmails: [API@Wholesaler.no] }]`;
  expect(linesOf(await rig.apply(store, state))).toEqual([
    '+ wholesaler 10002',
    '~ primary email api@wholesaler.no: wholesaler 10001 → 10002',
  ]);
  expect((await kinds()).filter((key) => key.startsWith('primary/'))).toEqual(['primary/10002/*']);
});

test('a primary email that is no longer named is one no more, with prune', async () => {
  const state = 'wholesalers: [{ id: "10001", name: Wholesaler AS }]';
  expect(linesOf(await rig.apply(store, state))).toEqual([]);
  expect(linesOf(await rig.apply(store, state, { prune: true }))).toEqual([
    '- primary email api@wholesaler.no of wholesaler 10001',
  ]);
  const users = await allRecords(store, 'user/');
  expect(users.some(({ fields }) => 'owns' in fields)).toBe(false);
});

test('keys given in the other slots change places', async () => {
  const both = (primary: string, secondary: string) =>
    `subscriptions: [{ email: api@wholesaler.no, apiProduct: my-products, primaryKey: ${primary}, secondaryKey: ${secondary} }]`;
  const other = 'second-key-0123456789';
  expect(linesOf(await rig.apply(store, both(KEYS.owner, other)))).toEqual([
    '~ subscription api@wholesaler.no my-products: secondary key replaced',
  ]);
  expect(linesOf(await rig.apply(store, both(other, KEYS.owner)))).toEqual([
    '~ subscription api@wholesaler.no my-products: primary key replaced, secondary key replaced',
  ]);
  expect((await allRecords(store, 'key/')).map(({ fields }) => fields['slot'] ?? '').toSorted()).toEqual([
    'primary',
    'primary',
    'secondary',
    'secondary',
  ]);
});

test('a slot whose key is given for the other one gets a new key', async () => {
  const { changes } = await rig.apply(
    store,
    `subscriptions: [{ email: api@wholesaler.no, apiProduct: my-products, secondaryKey: ${KEYS.owner} }]`,
  );
  expect(changes[0]?.made?.primary?.reveal()).toMatch(/^[\w-]{43}$/);
  expect(changes[0]?.made?.secondary).toBeUndefined();
  expect(await allRecords(store, 'key/')).toHaveLength(4);
});

test('a key that belongs to another subscription is refused', async () => {
  const state = `
apiProducts: [{ name: others, apis: [] }]
subscriptions: [{ email: api@wholesaler.no, apiProduct: others, secondaryKey: ${KEYS.distributor} }]
`;
  const { revision } = await store.position();
  expect(faultsOf(await rig.apply(store, state))).toEqual([
    '3:79: secondaryKey: this key belongs to another subscription',
  ]);
  expect((await store.position()).revision).toBe(revision);
});
