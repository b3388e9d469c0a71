import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { Identities } from '../../src/grants/identities.ts';
import { hashSubscriptionKey } from '../../src/grants/subscription-key.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Follower } from '../../src/store/follower.ts';
import type { Store } from '../../src/store/store.ts';
import { allRecords, behind, KEYS, PEPPERS, Rig, STATE } from './rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

let store: Store;
let follower: Follower;
beforeEach(async () => {
  store = await rig.openStore();
  await rig.apply(store, STATE);
  follower = await rig.follow(store);
});

function identitiesOf(source: Store = store, peppers = PEPPERS): Identities {
  return new Identities({ store: source, follower, peppers, timezone: 'Europe/Oslo' });
}

/** Resolves when the follower has told of all commits. */
async function inStep(): Promise<void> {
  const { revision } = await store.position();
  await vi.waitFor(() => expect(follower.position.revision).toBe(revision), { interval: 2 });
}

/** A store that counts its readings. */
function counting(source: Store) {
  let reads = 0;
  const counted = behind(source, {
    read: (keys) => {
      reads += 1;
      return source.read(keys);
    },
  });
  return { counted, reads: () => reads };
}

/** A store whose readings stop, after having read, until they are let go. */
function held(source: Store) {
  const waiting: (() => void)[] = [];
  let reads = 0;
  const slow = behind(source, {
    read: async (keys) => {
      reads += 1;
      const snapshot = await source.read(keys);
      await new Promise<void>((resolve) => waiting.push(resolve));
      return snapshot;
    },
  });
  return {
    slow,
    reads: () => reads,
    /** Lets readings go, one by one, until the work is done. */
    async finish<T>(work: Promise<T>): Promise<T> {
      const state = { done: false };
      const ended = work.finally(() => {
        state.done = true;
      });
      while (!state.done) {
        waiting.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
      return ended;
    },
    async next(): Promise<void> {
      await vi.waitFor(() => expect(waiting.length).toBeGreaterThan(0), { interval: 2 });
    },
  };
}

test('a key stands for its user, with what the user owns and was granted', async () => {
  const identities = identitiesOf();
  const [email] = await allRecords(store, 'email/api@distributor.no');
  expect(await identities.identify(KEYS.distributor)).toEqual({
    userId: email?.fields['userId'],
    email: 'api@distributor.no',
    subscription: { id: expect.any(String), apiProduct: 'my-products' },
    owns: [],
    grants: [
      { wholesalerId: '10001', roleId: 'STOCK_READ', scope: { distributor: ['20003'] }, endsAt: undefined },
    ],
  });
  expect(await identities.identify(KEYS.owner)).toMatchObject({ owns: ['10001'], grants: [] });
});

test('both keys of a subscription stand for the same', async () => {
  const secondary = 'secondary-key-0123456789';
  await rig.apply(store, STATE.replace(KEYS.owner, `${KEYS.owner}, secondaryKey: ${secondary}`));
  const identities = identitiesOf();
  expect(await identities.identify(secondary)).toEqual(await identities.identify(KEYS.owner));
});

test.each([
  ['an unknown key', 'nobodys-key-0123456789'],
  ['a key too short', 'short'],
  ['a key too long', 'x'.repeat(257)],
  ['no text at all', ''],
  ['a key outside ASCII', 'nøkkel-0123456789abcdef'],
])('%s stands for nobody', async (_, key) => {
  expect(await identitiesOf().identify(key)).toBeUndefined();
});

test('an identity is made once, and remembered until something changes', async () => {
  const { counted, reads } = counting(store);
  const identities = identitiesOf(counted);
  const first = await identities.identify(KEYS.distributor);
  const before = reads();
  expect(await identities.identify(KEYS.distributor)).toBe(first);
  await rig.apply(store, 'users: [{ email: somebody@x.no }]');
  await inStep();
  expect(await identities.identify(KEYS.distributor)).toBe(first);
  expect(reads()).toBe(before);
});

test('a key of nobody is remembered, until it becomes somebody’s', async () => {
  const { counted, reads } = counting(store);
  const identities = identitiesOf(counted);
  const key = 'new-owner-key-0123456789';
  expect(await identities.identify(key)).toBeUndefined();
  expect(await identities.identify(key)).toBeUndefined();
  expect(reads()).toBe(1);
  await rig.apply(store, STATE.replace(KEYS.owner, key));
  await inStep();
  expect(await identities.identify(key)).toMatchObject({ email: 'api@wholesaler.no' });
});

test('guessing many keys drops the oldest guesses, and nobody who is known', async () => {
  const { counted, reads } = counting(store);
  const identities = identitiesOf(counted);
  await identities.identify(KEYS.distributor);
  const guess = (index: number) => identities.identify(`a-key-that-was-guessed-${index}`);
  for (let index = 0; index <= 10_000; index += 1) await guess(index);
  const before = reads();
  await guess(10_000);
  await guess(1);
  await identities.identify(KEYS.distributor);
  expect(reads()).toBe(before);
  await guess(0);
  expect(reads()).toBe(before + 1);
});

test('many requests with one new key read it once', async () => {
  const { slow, reads, finish } = held(store);
  const identities = identitiesOf(slow);
  const all = Promise.all(Array.from({ length: 50 }, () => identities.identify(KEYS.distributor)));
  const found = await finish(all);
  expect(new Set(found).size).toBe(1);
  expect(reads()).toBe(3);
});

test.each([
  ['its key is replaced', STATE.replace(KEYS.distributor, 'renewed-key-0123456789')],
  ['its subscription is suspended', STATE.replace(KEYS.distributor, `${KEYS.distributor}, state: suspended`)],
  ['its subscription is cancelled', STATE.replace(KEYS.distributor, `${KEYS.distributor}, state: cancelled`)],
])('nobody is known by a key once %s', async (_, state) => {
  const identities = identitiesOf();
  const before = await identities.identify(KEYS.distributor);
  expect(before && identities.isCurrent(before)).toBe(true);
  await rig.apply(store, state);
  await inStep();
  expect(before && identities.isCurrent(before)).toBe(false);
  expect(await identities.identify(KEYS.distributor)).toBeUndefined();
  expect(await identities.identify(KEYS.owner)).toBeDefined();
});

test('nobody is known by a key once its user is removed', async () => {
  const identities = identitiesOf();
  await identities.identify(KEYS.distributor);
  await rig.apply(store, 'users: [{ email: api@wholesaler.no }]', { prune: true });
  await inStep();
  expect(await identities.identify(KEYS.distributor)).toBeUndefined();
});

test.each([
  ['inactive', STATE.replace('scope:', 'active: false\n    scope:'), 'api@distributor.no'],
  ['of an unconfirmed user', STATE.replace('confirmed: true', 'confirmed: false'), 'api@distributor.no'],
])('a permission that is %s does not count', async (_, state, email) => {
  const identities = identitiesOf();
  const before = await identities.identify(KEYS.distributor);
  await rig.apply(store, state);
  await inStep();
  const after = await identities.identify(KEYS.distributor);
  expect(after).toMatchObject({ email, grants: [] });
  expect(after).not.toBe(before);
});

test('a permission counts until its last day is over in the configured time zone', async () => {
  await rig.apply(store, STATE.replace('scope:', 'endsOn: 2026-10-25\n    scope:'));
  const { endsAt } = (await identitiesOf().identify(KEYS.distributor))?.grants[0] ?? {};
  expect(new Date(endsAt ?? 0).toISOString()).toBe('2026-10-25T23:00:00.000Z');
});

test('an owner need not be confirmed to own', async () => {
  const [owner] = await allRecords(store, 'email/api@wholesaler.no');
  const [user] = await allRecords(store, `user/${owner?.fields['userId']}`);
  expect(user?.fields['confirmedAt']).toBeUndefined();
  expect(await identitiesOf().identify(KEYS.owner)).toMatchObject({ owns: ['10001'] });
});

test('a key kept under an older pepper is known', async () => {
  const newer = { id: '0b0b0b0b', text: new Secret('another pepper of thirty-two chars') };
  expect(await identitiesOf(store, [newer]).identify(KEYS.owner)).toBeUndefined();
  expect(await identitiesOf(store, [newer, ...PEPPERS]).identify(KEYS.owner)).toBeDefined();
});

test.each([0, 1, 2])('a change that comes to light after reading %i is not missed', async (readings) => {
  const { slow, next, finish } = held(store);
  const identities = identitiesOf(slow);
  const identified = identities.identify(KEYS.distributor);
  await next();
  for (let reading = 0; reading < readings; reading += 1) await finish(Promise.resolve());
  await next();
  await rig.apply(store, STATE.replace(KEYS.distributor, `${KEYS.distributor}, state: suspended`));
  await inStep();
  expect(await finish(identified)).toBeUndefined();
});

test('a reading older than what the feed has told is not believed', async () => {
  const old = await store.read([]);
  await rig.apply(store, 'users: [{ email: somebody@x.no }]');
  await inStep();
  const lagging = behind(store, {
    read: async (keys) => ({ ...(await store.read(keys)), revision: old.revision }),
  });
  await expect(identitiesOf(lagging).identify(KEYS.owner)).rejects.toMatchObject({ code: 'unreachable' });
});

test('a failed reading is told to those who wait and tried again by the next', async () => {
  let fails = true;
  const failing = behind(store, {
    read: (keys) => (fails ? Promise.reject(new Error('the server is gone')) : store.read(keys)),
  });
  const identities = identitiesOf(failing);
  await expect(identities.identify(KEYS.owner)).rejects.toThrow('the server is gone');
  fails = false;
  expect(await identities.identify(KEYS.owner)).toBeDefined();
});

test('records that contradict each other are a fault, not nobody', async () => {
  const [subscription] = await allRecords(store, 'subscription/');
  await store.commit([{ key: subscription?.key ?? '', remove: true }]);
  const key = [KEYS.owner, KEYS.distributor].map((key) => identitiesOf().identify(key));
  const ends = await Promise.allSettled(key);
  expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'corrupt' } });
});

test('a changed history leaves no identity current', async () => {
  const other = await rig.openStore();
  await rig.apply(other, STATE);
  let source = store;
  const switching = behind(store, {
    read: (keys) => source.read(keys),
    position: () => source.position(),
    changes: (after, signal) => source.changes(after, signal),
  });
  follower = await rig.follow(switching);
  const identities = identitiesOf(switching);
  const before = await identities.identify(KEYS.owner);
  source = other;
  await vi.waitFor(() => expect(before && identities.isCurrent(before)).toBe(false));
  expect(await identities.identify(KEYS.owner)).not.toEqual(before);
});

test('a hash under the same pepper is the same, under another not', () => {
  const key = new Secret(KEYS.owner);
  const [pepper] = PEPPERS;
  const other = { id: pepper.id, text: new Secret('another pepper of thirty-two chars') };
  expect(hashSubscriptionKey(key, pepper)).toBe(hashSubscriptionKey(new Secret(KEYS.owner), pepper));
  expect(hashSubscriptionKey(key, pepper)).not.toBe(hashSubscriptionKey(key, other));
});
