import { afterAll, expect, test, vi } from 'vitest';
import { Roles } from '../../src/grants/roles.ts';
import { Rig } from './rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

test('a route’s roles are those of its API and verb, and follow the store', async () => {
  const store = await rig.openStore();
  const role = (roleId: string, api: string, verb: string) =>
    `  - { roleId: ${roleId}, api: ${api}, httpVerb: ${verb}, description: d }\n`;
  await rig.apply(
    store,
    `roles:\n${role('B', 'stock', 'GET')}${role('A', 'stock', 'GET')}${role('C', 'stock', 'PUT')}`,
  );
  const roles = await Roles.open(store, await rig.follow(store));
  expect(roles.rolesFor('stock', 'GET')).toEqual(['A', 'B']);
  expect(roles.rolesFor('stock', 'HEAD')).toEqual(['A', 'B']);
  expect(roles.rolesFor('stock', 'PUT')).toEqual(['C']);
  expect(roles.rolesFor('stock', 'DELETE')).toEqual([]);
  expect(roles.rolesFor('sales', 'GET')).toEqual([]);
  await rig.apply(store, `roles:\n${role('A', 'stock', 'PUT')}${role('C', 'sales', 'GET')}`, { prune: true });
  await vi.waitFor(() => {
    expect(roles.rolesFor('stock', 'GET')).toEqual([]);
    expect(roles.rolesFor('stock', 'PUT')).toEqual(['A']);
    expect(roles.rolesFor('sales', 'GET')).toEqual(['C']);
  });
  roles.close();
});
