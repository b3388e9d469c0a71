import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Origin } from '../../src/grants/actor.ts';
import { readAudit } from '../../src/grants/audit.ts';
import * as records from '../../src/grants/records.ts';
import { createSubscription, updateSubscription } from '../../src/grants/subscriptions.ts';
import {
  listSubscriptions,
  readSubscriptions,
  readSubscriptionsOf,
} from '../../src/grants/subscriptions-read.ts';
import type { Store } from '../../src/store/store.ts';
import { allRecords, linesOf, PEPPERS, Rig, STATE } from './rig.ts';
import { idOf, opens } from './subscription-rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

const OPERATOR: Origin = { actor: { kind: 'operator', name: 'olga' }, route: 'management' };

let store: Store;
let userId: string;
beforeEach(async () => {
  store = await rig.openStore();
  await rig.apply(store, STATE);
  await rig.apply(store, 'apiProducts: [{ name: orders, apis: [orders] }]');
  userId = await idOf(store, 'api@distributor.no');
});

async function create(more: { readonly name?: string; readonly endsAt?: string } = {}) {
  const made = await createSubscription(store, OPERATOR, { userId, apiProduct: 'orders', ...more }, PEPPERS);
  if ('code' in made) throw new Error(made.code);
  return { id: made.id, primary: made.keys.primary.reveal(), secondary: made.keys.secondary.reveal() };
}

test('either key of a new subscription opens it, and neither is in the store', async () => {
  const { id, primary, secondary } = await create();
  expect(primary).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(secondary).not.toBe(primary);
  for (const key of [primary, secondary]) {
    const identity = await opens(store, key);
    expect(identity).toMatchObject({ userId, subscription: { id, apiProduct: 'orders' } });
    expect(JSON.stringify(await allRecords(store))).not.toContain(key);
  }
});

test.each([
  ['user_unknown', { userId: 'nobody', apiProduct: 'orders' }],
  ['api_product_unknown', { userId: '', apiProduct: 'none' }],
])('a subscription needs what it names: %s', async (code, asked) => {
  const before = await store.position();
  const subscription = { ...asked, userId: asked.userId || userId };
  expect(await createSubscription(store, OPERATOR, subscription, PEPPERS)).toMatchObject({ code });
  expect(await store.position()).toEqual(before);
});

test('a user subscribes to a product once, and again when that was cancelled', async () => {
  const { id } = await create();
  const asked = { userId, apiProduct: 'orders' };
  const refused = { code: 'subscription_exists' };
  expect(await createSubscription(store, OPERATOR, asked, PEPPERS)).toMatchObject(refused);
  await updateSubscription(store, OPERATOR, { id }, { state: 'suspended' });
  expect(await createSubscription(store, OPERATOR, asked, PEPPERS)).toMatchObject(refused);
  await updateSubscription(store, OPERATOR, { id }, { state: 'cancelled' });
  const again = await create();
  expect((await readSubscriptionsOf(store, userId)).map((each) => [each.id, each.state])).toContainEqual([
    again.id,
    'active',
  ]);
});

test('two at once make one subscription', async () => {
  const asked = { userId, apiProduct: 'orders' };
  const made = await Promise.all(
    Array.from({ length: 4 }, () => createSubscription(store, OPERATOR, asked, PEPPERS)),
  );
  expect(made.filter((each) => 'keys' in each)).toHaveLength(1);
});

test('a suspended subscription opens nothing until it is resumed', async () => {
  const { id, primary } = await create();
  await updateSubscription(store, OPERATOR, { id }, { state: 'suspended' });
  expect(await opens(store, primary)).toBeUndefined();
  await updateSubscription(store, OPERATOR, { id }, { state: 'active' });
  expect(await opens(store, primary)).toBeDefined();
});

test('nothing becomes of a subscription that was cancelled', async () => {
  const { id, primary } = await create();
  await updateSubscription(store, OPERATOR, { id }, { state: 'cancelled' });
  expect(await opens(store, primary)).toBeUndefined();
  const revived = await updateSubscription(store, OPERATOR, { id }, { state: 'active' });
  expect(revived).toMatchObject({ code: 'subscription_cancelled' });
  expect(await opens(store, primary)).toBeUndefined();
});

test('a subscription that is not there, or has changed since it was read, is left alone', async () => {
  const { id } = await create();
  const [read] = await readSubscriptions(store, [id]);
  const target = { id, revision: read?.revision };
  expect(await updateSubscription(store, OPERATOR, target, { name: 'Robot' })).toEqual({ id });
  const outdated = await updateSubscription(store, OPERATOR, target, { name: 'Other' });
  expect(outdated).toMatchObject({ code: 'revision_outdated' });
  const unknown = await updateSubscription(store, OPERATOR, { id: 'none' }, {});
  expect(unknown).toMatchObject({ code: 'subscription_unknown' });
  expect(await readSubscriptions(store, [id, 'none'])).toMatchObject([{ id, name: 'Robot' }]);
});

test('an update that changes nothing writes nothing', async () => {
  const { id } = await create({ name: 'Robot' });
  const before = await store.position();
  await updateSubscription(store, OPERATOR, { id }, { state: 'active', name: 'Robot' });
  expect(await store.position()).toEqual(before);
});

test('null takes away a name and an end, and what is left out stays', async () => {
  const endsAt = '2040-01-01T00:00:00.000Z';
  const { id } = await create({ name: 'Robot', endsAt });
  await updateSubscription(store, OPERATOR, { id }, { name: null });
  expect(await readSubscriptions(store, [id])).toMatchObject([{ name: undefined, endsAt }]);
  await updateSubscription(store, OPERATOR, { id }, { endsAt: null });
  expect(await readSubscriptions(store, [id])).toMatchObject([{ endsAt: undefined, state: 'active' }]);
});

test('each change is in the audit, by who made it, without keys and names', async () => {
  const { id, primary } = await create({ name: 'Ola’s robot' });
  await updateSubscription(store, OPERATOR, { id }, { state: 'suspended' });
  const { events } = await readAudit(store, { limit: 100 });
  const own = events.filter(({ route }) => route === 'management');
  expect(Object.fromEntries(own.map((event) => [event.action, event]))).toMatchObject({
    added: { subject: { kind: 'subscription', subscriptionId: id, userId }, after: { state: 'active' } },
    changed: { actor: OPERATOR.actor, before: { state: 'active' }, after: { state: 'suspended' } },
  });
  const text = JSON.stringify(own);
  for (const secret of [primary, 'Ola', '@']) expect(text).not.toContain(secret);
});

test('what is read of a subscription holds no hash', async () => {
  const { id, primary } = await create();
  const [state] = await readSubscriptions(store, [id]);
  expect(state?.keys.primary).toEqual({ hint: primary.slice(-4) });
  expect(JSON.stringify(state)).not.toMatch(/[0-9a-f]{64}/);
});

test('subscriptions are listed page by page', async () => {
  await create();
  const all = await listSubscriptions(store, { limit: 10 });
  expect(all).toHaveLength(3);
  const first = await listSubscriptions(store, { limit: 2 });
  const rest = await listSubscriptions(store, { after: first.at(-1)?.id ?? '', limit: 2 });
  expect([...first, ...rest]).toEqual(all);
});

test('a state file means the subscription that was not cancelled', async () => {
  const { id } = await create();
  await updateSubscription(store, OPERATOR, { id }, { state: 'cancelled' });
  const again = await create();
  const text = 'subscriptions: [{ email: api@distributor.no, apiProduct: orders, state: suspended }]';
  expect(linesOf(await rig.apply(store, text))).toEqual([
    '~ subscription api@distributor.no orders: state active → suspended',
  ]);
  expect(await readSubscriptions(store, [again.id])).toMatchObject([{ state: 'suspended' }]);
});

test('a state file leaves a name and an end as they are', async () => {
  const endsAt = '2040-01-01T00:00:00.000Z';
  const { id } = await create({ name: 'Robot', endsAt });
  await rig.apply(
    store,
    'subscriptions: [{ email: api@distributor.no, apiProduct: orders, primaryKey: given-key-0123456789 }]',
  );
  expect(await readSubscriptions(store, [id])).toMatchObject([{ name: 'Robot', endsAt }]);
  expect(await opens(store, 'given-key-0123456789')).toBeDefined();
});

test('of a subscription that is pruned nothing stays', async () => {
  const { id, primary } = await create();
  const stored = (await allRecords(store, 'key/')).find(
    (record) => records.keys.decode(record).subscriptionId === id,
  );
  const use = {
    key: records.lastUses.key(id),
    set: { [stored?.key.slice(4) ?? '']: new Date().toISOString() },
  };
  await store.commit([use]);
  await rig.apply(store, 'subscriptions: []', { prune: true });
  const left = (await allRecords(store)).filter(({ key }) => !key.startsWith('audit'));
  expect(JSON.stringify(left)).not.toContain(id);
  expect(await opens(store, primary)).toBeUndefined();
});
