import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readApimAnswers } from '../../../src/grants/apim/answers.ts';
import { stateOfApim } from '../../../src/grants/apim/state.ts';
import { applyState } from '../../../src/grants/apply.ts';
import { exportState } from '../../../src/grants/export.ts';
import { findKey } from '../../../src/grants/subscriptions-keys.ts';
import type { Store } from '../../../src/store/store.ts';
import { allRecords, linesOf, PEPPERS, Rig } from '../rig.ts';

const SERVICE =
  '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg1/providers/Microsoft.ApiManagement/service/apim1';
const resource = (path: string, properties: object) => ({
  id: `${SERVICE}/${path}`,
  type: 'Microsoft.ApiManagement/service/x',
  name: path.split('/').at(-1),
  properties,
});
const user = (id: string, email: string, state = 'active') =>
  resource(`users/${id}`, {
    firstName: 'A',
    lastName: 'B',
    email,
    state,
    registrationDate: '2020-01-01T00:00:00Z',
  });
const subscription = (id: string, owner: string, state = 'active', more: object = {}) =>
  resource(`subscriptions/${id}`, {
    ownerId: `${SERVICE}/users/${owner}`,
    scope: `${SERVICE}/products/my-products`,
    displayName: `Robot ${id}`,
    state,
    createdDate: '2020-01-01T00:00:00.123Z',
    expirationDate: null,
    stateComment: null,
    ...more,
  });
const keysOf = (id: string) => ({
  primaryKey: `primary-key-of-${id}-0001`,
  secondaryKey: `secondary-key-of-${id}-01`,
});

const USERS = { value: [user('1', 'Api@Distributor.no'), user('2', 'b@x.no', 'blocked')], count: 2 };
const PRODUCTS = {
  value: [resource('products/my-products', { displayName: 'My products', state: 'published' })],
};
const SUBSCRIPTIONS = {
  value: [
    subscription('s1', '1'),
    subscription('s2', '2'),
    subscription('s3', '1', 'suspended', {
      scope: `${SERVICE}/products/orders`,
      expirationDate: '2027-01-01T00:00:00Z',
    }),
    subscription('s4', '1', 'cancelled'),
    subscription('s5', '1', 'active', { scope: `${SERVICE}/apis` }),
    subscription('master', '1', 'active', { ownerId: null }),
  ],
};

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.make();
});
afterAll(() => rig.close());

async function take(store: Store, answers: Readonly<Record<string, unknown>>, dryRun = false) {
  const files = await Promise.all(
    Object.entries(answers).map(async ([name, content]) => {
      const file = join(rig.folder, name);
      await writeFile(file, typeof content === 'string' ? content : JSON.stringify(content));
      return file;
    }),
  );
  const { state, leftOut } = await stateOfApim(await readApimAnswers(files), store);
  const result = await applyState(store, state, { peppers: PEPPERS, dryRun });
  const faults = 'faults' in result ? result.faults : [];
  return {
    leftOut,
    faults: faults.map(({ file, message }) => `${file.slice(rig.folder.length + 1)}: ${message}`),
    lines: 'changes' in result ? linesOf(result) : [],
  };
}

const ALL = {
  'users.json': USERS,
  'products.json': PRODUCTS,
  'one.json': subscription('s1', '1'),
  'subscriptions.json': SUBSCRIPTIONS,
  's1.json': keysOf('s1'),
  's2.json': keysOf('s2'),
  's3.json': keysOf('s3'),
};

test('users, products and subscriptions come over, with both keys, states, names and ends', async () => {
  const store = await rig.openStore();
  const { faults, leftOut } = await take(store, ALL);
  expect(faults).toEqual([]);
  expect(leftOut).toEqual([
    'subscriptions/s5 is left out: it is of APIs, and not of a product',
    'subscriptions/master is left out: it has no owner',
    'subscriptions/s4 is left out: it is over, and its keys are in no file',
  ]);
  const text = (await Array.fromAsync(exportState(store))).join('');
  expect(text).toContain('"email":"api@distributor.no","confirmed":true');
  expect(text).toContain('"email":"b@x.no","confirmed":false');
  expect(text).toContain('"my-products","name":"Robot s1","state":"active"');
  expect(text).toContain('"my-products","name":"Robot s2","state":"suspended"');
  expect(text).toContain(
    '"orders","name":"Robot s3","state":"suspended","endsAt":"2027-01-01T00:00:00.000Z"',
  );
  for (const id of ['s1', 's2', 's3']) {
    expect(await findKey(store, keysOf(id).primaryKey, PEPPERS)).toMatchObject({ slot: 'primary' });
    expect(await findKey(store, keysOf(id).secondaryKey, PEPPERS)).toMatchObject({ slot: 'secondary' });
  }
});

test('a second time changes nothing, and a product keeps the APIs that it has here', async () => {
  const store = await rig.openStore();
  await rig.apply(store, 'apiProducts: [{ name: my-products, apis: [stock-per-store] }]');
  await take(store, ALL);
  const before = await allRecords(store);
  expect((await take(store, ALL)).lines).toEqual([]);
  expect(await allRecords(store)).toEqual(before);
  expect(before.find(({ key }) => key === 'api-product/my-products')?.fields['apis']).toBe(
    '["stock-per-store"]',
  );
});

test('a dry run tells what would change, and changes nothing', async () => {
  const store = await rig.openStore();
  expect((await take(store, ALL, true)).lines).toContain('+ user api@distributor.no, confirmed');
  expect(await allRecords(store)).toEqual([]);
});

test('whatever would lose a client its key is a fault, and then nothing is taken over', async () => {
  const store = await rig.openStore();
  const { faults } = await take(store, {
    'users.json': { value: [user('1', 'a@x.no'), user('3', 'ærlig@x.no')] },
    'subscriptions.json': {
      value: [
        subscription('s1', '1'),
        subscription('s6', '1', 'active', keysOf('s6')),
        subscription('s7', '9', 'active', keysOf('s7')),
        subscription('s8', '1', 'active', {
          ...keysOf('s8'),
          scope: '/products/orders',
          expirationDate: 'soon',
        }),
        subscription('s9', '1', 'odd', keysOf('s9')),
        subscription('s10', '1', 'active', { primaryKey: 'short', secondaryKey: 'short' }),
        subscription('s11', '1', 'active', keysOf('s11')),
      ],
    },
    'broken.json': '{',
    'other.json': { value: [{ id: `${SERVICE}/loggers/x`, properties: {} }] },
  });
  expect(faults.toSorted()).toEqual(
    [
      'users.json: users/3: its email is none that Fullmakt takes (ASCII only)',
      'subscriptions.json: subscriptions/s1: its keys are in no file: save the answer of listSecrets as s1.json',
      'subscriptions.json: subscriptions/s7: its owner, users/9, is in no file',
      'subscriptions.json: subscriptions/s8: its expirationDate is no time',
      'subscriptions.json: subscriptions/s9: its state is unknown',
      'subscriptions.json: subscriptions/s10: a key of it is none that Fullmakt takes: 16 to 256 characters',
      'subscriptions.json: subscriptions/s11: its user has subscriptions/s6 to the same product, and can have one: move its clients, or end it, first',
      'broken.json: is not JSON',
      'other.json: holds something that is no user, product, subscription or secrets',
    ].toSorted(),
  );
  expect(await allRecords(store)).toEqual([]);
});
