import { afterAll, expect, test } from 'vitest';
import { besideState } from '../../src/grants/beside.ts';
import { readState } from '../../src/grants/state.ts';
import { Rig, STATE } from './rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

const PERMISSION =
  'email: api@distributor.no, accessToWholesaler: "10001", roleId: STOCK_READ, mainRoleId: DISTRIBUTION';

async function beside(before: string, state: string) {
  const store = await rig.openStore();
  await rig.apply(store, before);
  await rig.apply(store, state);
  return besideState(store, await readState(await rig.write('beside.yaml', state)));
}

test('a file that names all there is has nothing beside it', async () => {
  expect(await beside(STATE, STATE)).toEqual({ counts: [], permissions: [] });
});

test('each thing that a section does not name is counted, as pruning would remove it', async () => {
  const nothing = `{ wholesalers: [], apiProducts: [], roles: [], mainRoles: [], users: [], subscriptions: [], permissions: [] }`;
  const counts = Object.entries({
    wholesaler: 1,
    'primary email': 1,
    'API product': 1,
    role: 1,
    'main role': 1,
    user: 2,
    subscription: 2,
    permission: 1,
  }).map(([noun, count]) => ({ noun, count }));
  expect(await beside(STATE, nothing)).toEqual({ counts, permissions: [] });
});

test('of a section that the file does not have nothing is counted', async () => {
  expect(await beside(STATE, 'roles: []')).toEqual({ counts: [{ noun: 'role', count: 1 }], permissions: [] });
});

test('permissions of a scope that the file does not state are named, active ones only, the wider ones as such', async () => {
  const scoped = (values: string, more = '') =>
    `  - { ${PERMISSION}, scope: { distributor: [${values}] }${more} }\n`;
  const before = STATE.replace(
    /permissions:[^]*/,
    `permissions:\n${scoped('"1", "2"')}${scoped('"3"')}${scoped('"4"', ', active: false')}  - { ${PERMISSION} }\n`,
  );
  const result = await beside(before, `permissions:\n${scoped('"1"')}`);
  const stated = 'permission api@distributor.no 10001 STOCK_READ distributor=1';
  expect(result.counts).toEqual([{ noun: 'permission', count: 4 }]);
  expect(result.permissions).toHaveLength(3);
  expect(result.permissions).toEqual(
    expect.arrayContaining([
      { stated, scope: {}, wider: true },
      { stated, scope: { distributor: ['1', '2'] }, wider: true },
      { stated, scope: { distributor: ['3'] }, wider: false },
    ]),
  );
});
