import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportState } from '../../src/grants/export.ts';
import type { Store } from '../../src/store/store.ts';
import { faultsOf, KEYS, linesOf, Rig, STATE } from './rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await Rig.make();
});
afterAll(() => rig.close());

async function exported(store: Store): Promise<string> {
  return (await Array.fromAsync(exportState(store))).join('');
}

const MORE = `${STATE}  - { productId: "Å 1/%", owner: "", volume: "0.700" }
`
  .replace(
    'api@distributor.no, confirmed: true }',
    'api@distributor.no, confirmed: true }, { email: b@x.no }',
  )
  .replace('    scope:', '    endsOn: 2027-01-01\n    active: false\n    scope:')
  .replace(
    `primaryKey: ${KEYS.distributor}`,
    `primaryKey: ${KEYS.distributor}, name: "Robot: #1", endsAt: "2027-01-01T00:00:00+01:00", state: suspended`,
  );

test('what is exported, applied to an empty store, exports as the same', async () => {
  const store = await rig.openStore();
  expect(faultsOf(await rig.apply(store, MORE))).toEqual([]);
  const text = await exported(store);
  const other = await rig.openStore();
  const applied = await rig.apply(other, text);
  expect(faultsOf(applied)).toEqual([]);
  expect(await exported(other)).toBe(text);
  expect(text).toContain('"name":"Robot: #1","state":"suspended","endsAt":"2026-12-31T23:00:00.000Z"');
  expect(text).toContain('"scope":{"distributor":["20003"]},"endsOn":"2027-01-01","active":false');
});

test('applied to the store that it came from, even pruning, it changes nothing', async () => {
  const store = await rig.openStore();
  await rig.apply(store, MORE);
  const again = await rig.apply(store, await exported(store), { prune: true });
  expect([faultsOf(again), linesOf(again)]).toEqual([[], []]);
});

test('no key and no hash of one is exported, and the file’s head says so', async () => {
  const store = await rig.openStore();
  await rig.apply(store, MORE);
  const text = await exported(store);
  expect(text).not.toMatch(/[0-9a-f]{64}|-key-/);
  expect(text).toMatch(/^#.*\n#\n# Left out: the keys/);
});

test('an empty store is exported as a state that is empty', async () => {
  const store = await rig.openStore();
  expect(linesOf(await rig.apply(store, await exported(store)))).toEqual([]);
});
