import { expect, test } from 'vitest';
import { decodeProduct } from '../../src/catalog/product.ts';
import * as records from '../../src/grants/records.ts';
import type { StoredRecord } from '../../src/store/store.ts';

const since = '2026-05-05T12:00:01.000Z';
const hash = `0a0a0a0a/${'f'.repeat(64)}`;
const corrupt = expect.objectContaining({ name: 'StoreError', code: 'corrupt' });

function stored(fields: records.Fields, key = 'x/1') {
  return { key, revision: 1, fields: Object.assign(Object.create(null), fields) };
}

interface Kind<Value> {
  readonly prefix: string;
  encode(value: Value): records.Fields;
  decode(record: StoredRecord): Value;
}

function example<Value>(kind: Kind<Value>, value: Value) {
  const decode = (fields: records.Fields) => kind.decode(stored(fields));
  return { prefix: kind.prefix, value, fields: kind.encode(value), decode };
}

const EXAMPLES = [
  example(records.wholesalers, { name: 'Wholesaler AS' }),
  example(records.primaries, { since }),
  example(records.users, { email: 'a@x.no', confirmedAt: since, owns: '10001' }),
  example(records.emails, { userId: 'u1' }),
  example(records.apiProducts, { apis: ['stock', 'orders'] }),
  example(records.roles, { api: 'stock', httpVerb: 'GET', description: 'Read', changedAt: since }),
  example(records.mainRoles, { roles: [], description: 'None', changedAt: since }),
  example(records.subscribers, { s1: 'my-products' }),
  example(records.keys, { subscriptionId: 's1', slot: 'primary' }),
  example(records.grantees, { since }),
  example(records.lastUses, { [hash]: since }),
  example(records.confirmations, {
    mailId: 'm1',
    wholesalerId: '10001',
    requestedAt: since,
    delivery: 'refused',
    deliveryAt: since,
    reply: '550 5.1.1',
    token: 'f'.repeat(64),
  }),
  example(records.confirmationTokens, { userId: 'u1', mailId: 'm1', endsAt: since }),
  example(records.outbox, { kind: 'confirmation', userId: 'u1', createdAt: since, attempts: 3 }),
  example(records.subscriptions, {
    userId: 'u1',
    apiProduct: 'p',
    state: 'suspended',
    createdAt: since,
    primary: hash,
    primaryHint: 'wxyz',
    secondary: hash,
    secondaryHint: 'abcd',
  }),
];

test.each(EXAMPLES)('a record is read as it was written: $prefix', ({ value, fields, decode }) => {
  expect(decode(fields)).toEqual(value);
});

test.each(EXAMPLES)('a record with an unknown field is corrupt: $prefix', ({ fields, decode }) => {
  expect(() => decode({ ...fields, 'un known': '1' })).toThrow(corrupt);
});

test.each(EXAMPLES.filter(({ prefix }) => !['subscriber/', 'last-use/'].includes(prefix)))(
  'a record without a field that it must have is corrupt: $prefix',
  ({ decode }) => {
    expect(() => decode({})).toThrow(corrupt);
  },
);

test.each([
  ['an address in capitals', records.users, { email: 'A@x.no' }],
  ['a state that is none', records.subscriptions, { state: 'paused' }],
  ['a list that is no JSON', records.apiProducts, { apis: 'stock' }],
  ['a list of numbers', records.apiProducts, { apis: '[1]' }],
  ['a time without its date', records.grantees, { since: '12:00' }],
])('%s is corrupt', (_, kind, fields) => {
  expect(() => kind.decode(stored(fields))).toThrow(corrupt);
});

test('a permission is read as it was written', () => {
  const permission = {
    wholesalerId: '10001',
    roleId: 'STOCK_READ',
    scope: { distributor: ['20003', 'a/b, c'] },
    mainRoleId: 'DISTRIBUTION',
    active: false,
    endsOn: '2027-01-01',
    changedAt: since,
  };
  const field = records.permissionField(permission);
  expect(field).toBe('10001/STOCK_READ/distributor=20003,a%2Fb%2C%20c');
  expect(records.grants.decode(stored({ [field]: records.permissionText(permission) }))).toEqual([
    permission,
  ]);
});

const text = records.permissionText({
  wholesalerId: '',
  roleId: '',
  scope: {},
  mainRoleId: 'M',
  active: true,
  endsOn: undefined,
  changedAt: since,
});

test.each([
  ['a name of two parts', '10001/R', text],
  ['a name of four parts', '10001/R//', text],
  ['a wholesaler without an id', '/R/', text],
  ['a scope that is not sorted', '10001/R/b=1&a=1', text],
  ['a value that is no JSON', '10001/R/', 'active'],
  ['a value without active', '10001/R/', text.replace('"active":true,', '')],
  ['an unknown attribute', '10001/R/', text.replace('{', '{"only":"x",')],
  ['an end on a day that does not exist', '10001/R/', text.replace('{', '{"endsOn":"2026-02-30",')],
])('a permission with %s is corrupt', (_, field, value) => {
  expect(() => records.grants.decode(stored({ [field]: value }))).toThrow(corrupt);
});

test.each([
  ['no owner', 'product/1', { distributor: '1' }],
  ['an attribute that no policy could name', 'product/1', { owner: '1', 'the brand': '2' }],
  ['a key in another spelling', 'product/%31', { owner: '1' }],
  ['a key that is no text', 'product/%ff', { owner: '1' }],
])('a product with %s is corrupt', (_, key, fields) => {
  expect(() => decodeProduct(stored(fields, key))).toThrow(corrupt);
});

test('a fault of a record tells nothing of what it holds', () => {
  expect(() => records.users.decode(stored({ email: 'Secret@x.no' }))).toThrow(
    /^a record under user\/ cannot be read$/,
  );
});
