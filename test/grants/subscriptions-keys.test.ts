import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Origin } from '../../src/grants/actor.ts';
import { Identities } from '../../src/grants/identities.ts';
import type { Peppers } from '../../src/grants/subscription-key.ts';
import { updateSubscription } from '../../src/grants/subscriptions.ts';
import { findKey, regenerateKey, revokeKey } from '../../src/grants/subscriptions-keys.ts';
import { readSubscriptions, readSubscriptionsOf } from '../../src/grants/subscriptions-read.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Store } from '../../src/store/store.ts';
import { allRecords, faultsOf, linesOf, PEPPERS, Rig, STATE } from './rig.ts';
import { idOf, opens } from './subscription-rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());
afterEach(() => vi.useRealTimers());

const ORIGIN: Origin = { actor: { kind: 'operator', name: 'olga' }, route: 'management' };
const HOUR = 3_600_000;
const PRIMARY = 'primary-key-0123456789';
const SECONDARY = 'secondary-key-01234567';
const OWN = `
subscriptions:
  - email: api@distributor.no
    apiProduct: my-products
    primaryKey: ${PRIMARY}
    secondaryKey: ${SECONDARY}
`;

let store: Store;
let id: string;
beforeEach(async () => {
  store = await rig.openStore();
  await rig.apply(store, STATE);
  await rig.apply(store, OWN);
  const [subscription] = await readSubscriptionsOf(store, await idOf(store, 'api@distributor.no'));
  id = subscription?.id ?? '';
});

/** Only the clock is ours: the store's timers are real. */
function at(time: string): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse(time) });
}

async function regenerate(slot: 'primary' | 'secondary', overlap = 0): Promise<string> {
  const made = await regenerateKey(store, ORIGIN, { id }, { slot, overlap }, PEPPERS);
  if ('code' in made) throw new Error(made.code);
  return made.key.reveal();
}

/** Which of some keys open the door. */
async function good(...keys: readonly string[]): Promise<readonly boolean[]> {
  return Promise.all(keys.map(async (key) => (await opens(store, key)) !== undefined));
}

test.each(['primary', 'secondary'] as const)(
  'a new %s key ends the old one and leaves the other',
  async (slot) => {
    const key = await regenerate(slot);
    expect(await good(key, PRIMARY, SECONDARY)).toEqual([true, slot !== 'primary', slot !== 'secondary']);
    expect(JSON.stringify(await allRecords(store))).not.toContain(key);
  },
);

test('with an overlap the old key is good until it ends, then not', async () => {
  at('2030-01-01T12:00:00.000Z');
  const key = await regenerate('primary', HOUR);
  at('2030-01-01T12:59:59.999Z');
  expect(await good(key, PRIMARY, SECONDARY)).toEqual([true, true, true]);
  at('2030-01-01T13:00:00.000Z');
  expect(await good(key, PRIMARY, SECONDARY)).toEqual([true, false, true]);
});

test('a key ends where it is known already, though nothing in the store changes', async () => {
  at('2030-01-01T12:00:00.000Z');
  await regenerate('primary', HOUR);
  const follower = await rig.follow(store);
  const identities = new Identities({ store, follower, peppers: PEPPERS, timezone: 'Europe/Oslo' });
  const identity = await identities.identify(PRIMARY);
  if (identity === undefined) throw new Error('the key opens nothing');
  expect(identities.isCurrent(identity)).toBe(true);
  at('2030-01-01T13:00:00.000Z');
  expect(await identities.identify(PRIMARY)).toBeUndefined();
  expect(identities.isCurrent(identity)).toBe(false);
  identities.close();
});

test('a subscription’s end is the end of all its keys', async () => {
  at('2030-01-01T12:00:00.000Z');
  const key = await regenerate('primary', 2 * HOUR);
  await updateSubscription(store, ORIGIN, { id }, { endsAt: '2030-01-01T13:00:00.000Z' });
  expect(await good(key, PRIMARY, SECONDARY)).toEqual([true, true, true]);
  at('2030-01-01T13:00:00.000Z');
  expect(await good(key, PRIMARY, SECONDARY)).toEqual([false, false, false]);
});

test('to renew again ends the key before the last, and each slot has its own overlap', async () => {
  const second = await regenerate('primary', HOUR);
  const other = await regenerate('secondary', HOUR);
  const third = await regenerate('primary', HOUR);
  expect(await good(PRIMARY, second, third, SECONDARY, other)).toEqual([false, true, true, true, true]);
  expect(await regenerate('primary')).not.toBe(third);
  expect(await good(second, third)).toEqual([false, false]);
});

test('what is shown of keys follows them to their end', async () => {
  at('2030-01-01T12:00:00.000Z');
  const key = await regenerate('primary', HOUR);
  expect((await readSubscriptions(store, [id]))[0]?.keys).toEqual({
    primary: { hint: key.slice(-4) },
    oldPrimary: { hint: PRIMARY.slice(-4), endsAt: '2030-01-01T13:00:00.000Z' },
    secondary: { hint: SECONDARY.slice(-4) },
  });
  at('2030-01-01T13:00:00.000Z');
  expect((await readSubscriptions(store, [id]))[0]?.keys).not.toHaveProperty('oldPrimary');
});

test('a key of a cancelled subscription is not renewed', async () => {
  await updateSubscription(store, ORIGIN, { id }, { state: 'cancelled' });
  const made = await regenerateKey(store, ORIGIN, { id }, { slot: 'primary', overlap: 0 }, PEPPERS);
  expect(made).toMatchObject({ code: 'subscription_cancelled' });
});

test('a leaked key is found by its text, in whichever slot it is', async () => {
  expect(await findKey(store, PRIMARY, PEPPERS)).toEqual({ subscriptionId: id, slot: 'primary' });
  await regenerate('primary', HOUR);
  expect(await findKey(store, PRIMARY, PEPPERS)).toEqual({ subscriptionId: id, slot: 'oldPrimary' });
  for (const text of ['nobodys-key-0123456789', 'short', '']) {
    expect(await findKey(store, text, PEPPERS)).toBeUndefined();
    expect(await revokeKey(store, ORIGIN, text, PEPPERS)).toMatchObject({ code: 'key_unknown' });
  }
});

test('keys under an older pepper are good, found and revoked', async () => {
  const newer: Peppers = [
    { id: '0b0b0b0b', text: new Secret('another pepper of many characters') },
    ...PEPPERS,
  ];
  expect(await opens(store, PRIMARY, newer)).toBeDefined();
  expect(await revokeKey(store, ORIGIN, PRIMARY, newer)).toEqual({ subscriptionId: id, slot: 'primary' });
  expect(await opens(store, PRIMARY, newer)).toBeUndefined();
});

test('a revoked key opens nothing from then on, and its slot gets a new one', async () => {
  expect(await revokeKey(store, ORIGIN, PRIMARY, PEPPERS)).toEqual({ subscriptionId: id, slot: 'primary' });
  expect(await good(PRIMARY, SECONDARY)).toEqual([false, true]);
  expect(await revokeKey(store, ORIGIN, PRIMARY, PEPPERS)).toEqual({ subscriptionId: id, slot: 'revoked' });
  expect((await readSubscriptions(store, [id]))[0]?.keys.primary?.revokedAt).toBeDefined();
  const key = await regenerate('primary', HOUR);
  expect(await good(key, PRIMARY, SECONDARY)).toEqual([true, false, true]);
  const { primary, oldPrimary } = (await readSubscriptions(store, [id]))[0]?.keys ?? {};
  expect([primary?.revokedAt, oldPrimary]).toEqual([undefined, undefined]);
});

test('a key that overlaps can be revoked before its end', async () => {
  const key = await regenerate('primary', HOUR);
  expect(await revokeKey(store, ORIGIN, PRIMARY, PEPPERS)).toMatchObject({ slot: 'oldPrimary' });
  expect(await good(PRIMARY, key)).toEqual([false, true]);
});

test('a key of a cancelled subscription can be revoked', async () => {
  await updateSubscription(store, ORIGIN, { id }, { state: 'cancelled' });
  await revokeKey(store, ORIGIN, PRIMARY, PEPPERS);
  await rig.apply(store, 'subscriptions: [{ email: api@distributor.no, apiProduct: my-products }]');
  expect(await good(PRIMARY, SECONDARY)).toEqual([false, true]);
});

test('no state file brings a revoked key back, not even to another subscription', async () => {
  await revokeKey(store, ORIGIN, PRIMARY, PEPPERS);
  expect(faultsOf(await rig.apply(store, OWN))).toEqual(['5:17: primaryKey: this key was revoked']);
  await regenerate('primary');
  expect(faultsOf(await rig.apply(store, OWN))).toEqual(['5:17: primaryKey: this key was revoked']);
  await rig.apply(store, 'subscriptions: []', { prune: true });
  expect(faultsOf(await rig.apply(store, OWN))).toEqual(['5:17: primaryKey: this key was revoked']);
});

test('a state file that names no key leaves overlapping and revoked ones as they are', async () => {
  const key = await regenerate('primary', HOUR);
  await revokeKey(store, ORIGIN, SECONDARY, PEPPERS);
  const text = 'subscriptions: [{ email: api@distributor.no, apiProduct: my-products, state: suspended }]';
  await rig.apply(store, text);
  expect(linesOf(await rig.apply(store, text))).toEqual([]);
  await updateSubscription(store, ORIGIN, { id }, { state: 'active' });
  expect(await good(PRIMARY, key, SECONDARY)).toEqual([true, true, false]);
});

test('a state file that names an overlapping key gives it its slot back', async () => {
  const key = await regenerate('primary', HOUR);
  await rig.apply(store, OWN);
  expect(await good(PRIMARY, key, SECONDARY)).toEqual([true, false, true]);
  expect((await readSubscriptions(store, [id]))[0]?.keys).not.toHaveProperty('oldPrimary');
  expect(linesOf(await rig.apply(store, OWN))).toEqual([]);
});

test('many renewals at once leave one key in the slot', async () => {
  const made = await Promise.all(Array.from({ length: 8 }, () => regenerate('primary')));
  const outcomes = await good(...made);
  expect(outcomes.filter(Boolean)).toHaveLength(1);
  expect(await allRecords(store, 'key/')).toHaveLength(4);
});
