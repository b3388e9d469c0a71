import { expect, test } from 'vitest';
import { heldRoles, standing } from '../../src/grants/standing.ts';
import type { Grant, Identity } from '../../src/model/identity.ts';

const NOW = Date.parse('2026-05-05T12:00:00Z');

function identity(grants: readonly Partial<Grant>[], owns: readonly string[] = []): Identity {
  return {
    userId: 'u1',
    email: 'a@x.no',
    subscription: { id: 's1', apiProduct: 'p' },
    owns,
    grants: grants.map((grant) => ({
      wholesalerId: '10001',
      roleId: 'R',
      scope: {},
      endsAt: undefined,
      ...grant,
    })),
  };
}

test('an owner owns what is its own, and nothing that is nobody’s', () => {
  const owner = identity([], ['10001', '']);
  expect(standing(owner, '10001', ['R'], NOW)).toEqual({ owned: true, grants: [], until: undefined });
  expect(standing(owner, '10002', ['R'], NOW).owned).toBe(false);
  expect(standing(owner, '', ['R'], NOW).owned).toBe(false);
});

test('only grants from the owner, of the route’s roles, that have not ended are joined', () => {
  const scope = { distributor: ['20003'] };
  const caller = identity([
    { scope },
    { roleId: 'S' },
    { wholesalerId: '10002' },
    { endsAt: NOW },
    { endsAt: NOW + 1 },
    { endsAt: NOW + 2 },
  ]);
  expect(standing(caller, '10001', ['R'], NOW)).toEqual({
    owned: false,
    grants: [
      { roleId: 'R', scope },
      { roleId: 'R', scope: {} },
      { roleId: 'R', scope: {} },
    ],
    until: NOW + 1,
  });
  expect(standing(caller, '10001', [], NOW).grants).toEqual([]);
});

test('a grant from an owner without an id counts for nothing', () => {
  expect(standing(identity([{ wholesalerId: '' }]), '', ['R'], NOW).grants).toEqual([]);
});

test('a role is held if any owner has granted it and it has not ended', () => {
  const caller = identity([
    { roleId: 'A', endsAt: NOW },
    { roleId: 'B', endsAt: NOW + 1 },
    { roleId: 'C', wholesalerId: '10002' },
  ]);
  expect(heldRoles(caller, ['D', 'C', 'B', 'A'], NOW)).toEqual(['C', 'B']);
});
