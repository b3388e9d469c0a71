import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Origin } from '../../src/grants/actor.ts';
import { Identities } from '../../src/grants/identities.ts';
import { type KeyUse, LastUse } from '../../src/grants/last-use.ts';
import { hashSubscriptionKey, type Peppers } from '../../src/grants/subscription-key.ts';
import { regenerateKey } from '../../src/grants/subscriptions-keys.ts';
import { readSubscriptions, readSubscriptionsOf } from '../../src/grants/subscriptions-read.ts';
import type { Pepper } from '../../src/model/route.ts';
import { Secret } from '../../src/model/secret.ts';
import { type Store, StoreError } from '../../src/store/store.ts';
import { allRecords, behind, KEYS, PEPPERS, Rig, STATE } from './rig.ts';
import { idOf, opens } from './subscription-rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());
afterEach(() => vi.useRealTimers());

const ORIGIN: Origin = { actor: { kind: 'operator', name: 'olga' }, route: 'management' };
const STORED = hashSubscriptionKey(new Secret(KEYS.distributor), PEPPERS[0]);
const NOON = Date.parse('2030-01-01T12:00:00.000Z');
const SECOND = 1000;

let store: Store;
let id: string;
beforeEach(async () => {
  store = await rig.openStore();
  await rig.apply(store, STATE);
  const [subscription] = await readSubscriptionsOf(store, await idOf(store, 'api@distributor.no'));
  id = subscription?.id ?? '';
});

async function lastUseOf(slot: 'primary' | 'oldPrimary'): Promise<string | undefined> {
  return (await readSubscriptions(store, [id]))[0]?.keys[slot]?.lastUsedAt;
}

function use(at: number, stored = STORED): KeyUse {
  return { stored, renewed: stored, at };
}

async function inStore<T>(work: (lastUse: LastUse) => Promise<T>, source = store): Promise<T> {
  const lastUse = new LastUse(source);
  try {
    return await work(lastUse);
  } finally {
    await lastUse.close();
  }
}

test('whoever comes with a key is noted, and a stranger is not', async () => {
  const follower = await rig.follow(store);
  const lastUse = new LastUse(store);
  const identities = new Identities({ store, follower, peppers: PEPPERS, timezone: 'UTC', lastUse });
  vi.useFakeTimers({ toFake: ['Date'], now: NOON });
  await identities.identify('nobodys-key-0123456789');
  await identities.identify(KEYS.distributor);
  vi.setSystemTime(NOON + SECOND);
  await identities.identify(KEYS.distributor);
  await lastUse.close();
  expect(await lastUseOf('primary')).toBe('2030-01-01T12:00:01.000Z');
  expect(await allRecords(store, 'last-use/')).toHaveLength(1);
  identities.close();
});

test('no request waits for the store, and many uses are one write', async () => {
  const before = await store.position();
  await inStore(async (lastUse) => {
    for (let later = 0; later < 1000; later += 1) lastUse.note(id, use(NOON + later));
    expect(await store.position()).toEqual(before);
    await lastUse.write();
    await lastUse.write();
  });
  expect((await store.position()).revision).toBe(before.revision + 1);
  expect(await lastUseOf('primary')).toBe('2030-01-01T12:00:00.999Z');
});

test('a subscription is written of once a minute, by however many processes', async () => {
  await inStore(async (one) => {
    await inStore(async (other) => {
      one.note(id, use(NOON));
      await one.write();
      other.note(id, use(NOON + 59 * SECOND));
      await other.write();
      expect(await lastUseOf('primary')).toBe('2030-01-01T12:00:00.000Z');
      other.note(id, use(NOON + 60 * SECOND));
      await other.write();
      expect(await lastUseOf('primary')).toBe('2030-01-01T12:01:00.000Z');
      one.note(id, use(NOON + 30 * SECOND));
      await one.write();
    });
  });
  expect(await lastUseOf('primary')).toBe('2030-01-01T12:01:00.000Z');
});

test('what could not be written is written when the store is back', async () => {
  let down = true;
  const flaky = behind(store, {
    commit: async (changes, preconditions) => {
      if (down) throw new StoreError('unreachable', 'down');
      return store.commit(changes, preconditions);
    },
  });
  await inStore(async (lastUse) => {
    lastUse.note(id, use(NOON));
    await expect(lastUse.write()).rejects.toMatchObject({ code: 'unreachable' });
    down = false;
    await lastUse.write();
    expect(await lastUseOf('primary')).toBe('2030-01-01T12:00:00.000Z');
  }, flaky);
});

test('a renewed key takes its last use with it, and the new one has none', async () => {
  await inStore(async (lastUse) => {
    lastUse.note(id, use(NOON));
    await lastUse.write();
    await regenerateKey(store, ORIGIN, { id }, { slot: 'primary', overlap: 60 * SECOND }, PEPPERS);
    expect([await lastUseOf('primary'), await lastUseOf('oldPrimary')]).toEqual([
      undefined,
      '2030-01-01T12:00:00.000Z',
    ]);
  });
});

test('a use of a key or a subscription that has gone leaves nothing behind', async () => {
  await inStore(async (lastUse) => {
    lastUse.note(id, use(NOON));
    await regenerateKey(store, ORIGIN, { id }, { slot: 'primary', overlap: 0 }, PEPPERS);
    await lastUse.write();
    expect(await allRecords(store, 'last-use/')).toEqual([]);
    const [other] = await readSubscriptionsOf(store, await idOf(store, 'api@wholesaler.no'));
    lastUse.note(other?.id ?? '', use(NOON, hashSubscriptionKey(new Secret(KEYS.owner), PEPPERS[0])));
    await rig.apply(store, 'subscriptions: []', { prune: true });
    await lastUse.write();
  });
  expect(await allRecords(store, 'last-use/')).toEqual([]);
});

test('a noted use leaves identities as they are: they are not read again', async () => {
  const follower = await rig.follow(store);
  const identities = new Identities({ store, follower, peppers: PEPPERS, timezone: 'UTC' });
  const identity = await identities.identify(KEYS.distributor);
  await inStore(async (lastUse) => {
    lastUse.note(id, use(NOON));
    await lastUse.write();
  });
  const { revision } = await store.position();
  await vi.waitFor(() => expect(follower.position.revision).toBe(revision), { interval: 2 });
  expect(await identities.identify(KEYS.distributor)).toBe(identity);
  identities.close();
});

test('a key under an older pepper is kept under the newer one once somebody has come with it', async () => {
  const newer: Pepper = { id: '0b0b0b0b', text: new Secret('another pepper of many characters') };
  const peppers: Peppers = [newer, ...PEPPERS];
  const secondary = 'secondary-key-01234567';
  const text = `subscriptions: [{ email: api@distributor.no, apiProduct: my-products, secondaryKey: ${secondary} }]`;
  await rig.apply(store, text);
  const follower = await rig.follow(store);
  const lastUse = new LastUse(store);
  const identities = new Identities({ store, follower, peppers, timezone: 'UTC', lastUse });
  await identities.identify(KEYS.distributor);
  await lastUse.close();
  expect(await opens(store, KEYS.distributor, [newer])).toMatchObject({ subscription: { id } });
  expect(await opens(store, KEYS.distributor, PEPPERS)).toBeUndefined();
  expect(await opens(store, secondary, [newer])).toBeUndefined();
  expect(await opens(store, secondary, peppers)).toMatchObject({ subscription: { id } });
  expect(await lastUseOf('primary')).toBeDefined();
  const left = (await allRecords(store, 'key/')).map(({ fields }) => fields['slot'] ?? '');
  expect(left.toSorted((one, other) => one.localeCompare(other))).toEqual([
    'primary',
    'primary',
    'secondary',
    'secondary',
  ]);
  identities.close();
});
