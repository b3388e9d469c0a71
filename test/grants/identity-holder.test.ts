import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { Identities } from '../../src/grants/identities.ts';
import type { Follower } from '../../src/store/follower.ts';
import type { Store } from '../../src/store/store.ts';
import { KEYS, PEPPERS, Rig, STATE } from './rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

const SUBSCRIPTION = { id: 'bearer', apiProduct: 'my-products' };

let store: Store;
let follower: Follower;
let identities: Identities;
beforeEach(async () => {
  store = await rig.openStore();
  await rig.apply(store, STATE);
  follower = await rig.follow(store);
  identities = new Identities({ store, follower, peppers: PEPPERS, timezone: 'Europe/Oslo' });
});

async function inStep(): Promise<void> {
  const { revision } = await store.position();
  await vi.waitFor(() => expect(follower.position.revision).toBe(revision), { interval: 2 });
}

test('an address stands for its user, with the same rights as by a key', async () => {
  const byKey = await identities.identify(KEYS.distributor);
  expect(byKey?.grants).toHaveLength(1);
  expect(await identities.identifyHolder('api@distributor.no', SUBSCRIPTION)).toEqual({
    ...byKey,
    subscription: SUBSCRIPTION,
  });
});

test.each([
  ['an address that nobody has', 'api@nobody.no', ''],
  ['one that its user has not confirmed', 'api@new.no', 'users: [{ email: api@new.no }]'],
])('%s stands for nobody', async (_, email, state) => {
  if (state !== '') await rig.apply(store, state);
  await inStep();
  expect(await identities.identifyHolder(email, SUBSCRIPTION)).toBeUndefined();
});

test('it stands for its user from the confirmation on, and no longer has a right that was taken back', async () => {
  const email = 'api@new.no';
  await rig.apply(store, `users: [{ email: ${email} }]`);
  await inStep();
  expect(await identities.identifyHolder(email, SUBSCRIPTION)).toBeUndefined();
  await rig.apply(store, `users: [{ email: ${email}, confirmed: true }]`);
  await inStep();
  const before = await identities.identifyHolder(email, SUBSCRIPTION);
  expect(before).toMatchObject({ email, grants: [] });

  await rig.apply(
    store,
    STATE.replaceAll('api@distributor.no', email).replace(KEYS.distributor, 'another-key-012345'),
  );
  await inStep();
  expect(before !== undefined && identities.isCurrent(before)).toBe(false);
  const granted = await identities.identifyHolder(email, SUBSCRIPTION);
  expect(granted?.grants).toHaveLength(1);
});

test('for another API product it is another identity', async () => {
  const [first, second] = await Promise.all(
    ['my-products', 'products'].map((apiProduct) =>
      identities.identifyHolder('api@distributor.no', { ...SUBSCRIPTION, apiProduct }),
    ),
  );
  expect([first?.subscription.apiProduct, second?.subscription.apiProduct]).toEqual([
    'my-products',
    'products',
  ]);
  expect(await identities.identifyHolder('api@distributor.no', SUBSCRIPTION)).toBe(first);
});
