import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import type { Origin } from '../../src/grants/actor.ts';
import { readAudit, readAuditOf } from '../../src/grants/audit.ts';
import { allPermissions } from '../../src/grants/permission-list.ts';
import {
  deletePermissions,
  grantPermissions,
  type PermissionProblem,
  type PermissionRequest,
  type PermissionResults,
  setPermissions,
} from '../../src/grants/permissions.ts';
import type { Store } from '../../src/store/store.ts';
import { allRecords, behind, Rig } from './rig.ts';

const STATE = `
wholesalers:
  - { id: "10001", name: Wholesaler AS, primaryEmails: [api@wholesaler.no] }
  - { id: "10002", name: Nordlys Vin AS, primaryEmails: [api@nordlys.no] }
apiProducts: [{ name: my-products, apis: [stock-per-store, details-normal] }]
roles:
  - { roleId: STOCK_READ, api: stock-per-store, httpVerb: GET, description: Read stock }
  - { roleId: DETAILS_READ, api: details-normal, httpVerb: GET, description: Read details }
mainRoles:
  - { mainRoleId: DISTRIBUTION, roles: [STOCK_READ], description: Distribution }
  - { mainRoleId: FULL_SERVICES, roles: [STOCK_READ, DETAILS_READ], description: Full services }
users: [{ email: api@distributor.no, confirmed: true }]
`;
const EMAIL = 'api@distributor.no';
const STOCK: PermissionRequest = {
  email: EMAIL,
  roleId: 'STOCK_READ',
  mainRoleId: 'DISTRIBUTION',
  active: true,
};
const SCOPED = { ...STOCK, scope: { distributor: ['20003'] } };

const rig = await Rig.make();
afterAll(() => rig.close());

let store: Store;
let owner: Origin;
beforeEach(async () => {
  store = await rig.openStore();
  await rig.apply(store, STATE);
  owner = { actor: { kind: 'user', userId: await userIdOf('api@wholesaler.no') }, route: 'auth-api' };
});

async function userIdOf(email: string): Promise<string> {
  const { records } = await store.read([`email/${email}`]);
  return records[0]?.fields['userId'] ?? '';
}

function grant(...requests: PermissionRequest[]) {
  return grantPermissions(store, owner, '10001', requests);
}

/** `changed STOCK_READ distributor=20003 active`, one line a result; or the problem's code. */
function told(outcome: PermissionResults | PermissionProblem): readonly string[] | string {
  if ('code' in outcome) return outcome.code;
  return outcome.results.map(
    ({ result, permission: { roleId, scope, active } }) =>
      `${result} ${roleId} ${scope['distributor']?.join() ?? 'all'} ${active ? 'active' : 'inactive'}`,
  );
}

async function held(): Promise<readonly string[]> {
  const permissions = await allPermissions(store, '10001');
  return permissions.map(
    ({ email, roleId, mainRoleId, scope, active, endsOn }) =>
      `${email} ${roleId} ${mainRoleId} ${scope['distributor']?.join() ?? 'all'} ${active}${endsOn ? ` ${endsOn}` : ''}`,
  );
}

describe('granting', () => {
  test('creates, changes and leaves a permission as it is, and says which', async () => {
    expect(told(await grant(STOCK))).toEqual(['created STOCK_READ all active']);
    const [before] = await allPermissions(store, '10001');
    expect(told(await grant(STOCK))).toEqual(['unchanged STOCK_READ all active']);
    expect(told(await grant({ ...STOCK, mainRoleId: 'FULL_SERVICES' }))).toEqual([
      'changed STOCK_READ all active',
    ]);
    expect(told(await grant({ ...STOCK, mainRoleId: 'FULL_SERVICES', active: false }))).toEqual([
      'changed STOCK_READ all inactive',
    ]);
    const after = await allPermissions(store, '10001');
    expect(after).toHaveLength(1);
    expect(Date.parse(after[0]?.changedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(before?.changedAt ?? ''));
  });

  test('the main role is an attribute: the same role by another main role is the same permission', async () => {
    await grant(STOCK);
    await grant({ ...STOCK, mainRoleId: 'FULL_SERVICES' });
    expect(await held()).toEqual([`${EMAIL} STOCK_READ FULL_SERVICES all true`]);
  });

  test('an address that nobody has yet becomes an unconfirmed user', async () => {
    expect(told(await grant({ ...STOCK, email: 'new@partner.no' }))).toEqual([
      'created STOCK_READ all active',
    ]);
    const { records } = await store.read([`user/${await userIdOf('new@partner.no')}`]);
    expect(records[0]?.fields['confirmedAt']).toBeUndefined();
  });

  test('who has not confirmed the address is asked to, once, when a permission counts', async () => {
    const mails = async () => (await allRecords(store, 'outbox/')).length;
    await grant(STOCK, { ...STOCK, email: 'new@partner.no', active: false });
    expect(await mails()).toBe(0);
    const rows = [{ ...SCOPED }, { ...SCOPED, scope: {} }].map((row) =>
      Object.assign(row, { email: 'b@x.no' }),
    );
    await grant({ ...STOCK, email: 'new@partner.no' }, ...rows);
    expect(await mails()).toBe(2);
    await grant(...rows, { ...STOCK, email: 'new@partner.no', active: false });
    await grant({ ...STOCK, email: 'new@partner.no' });
    expect(await mails()).toBe(2);
  });

  test.each([
    ['a role that is not there', { ...STOCK, roleId: 'NONE' }, 'role_unknown'],
    ['a main role that is not there', { ...STOCK, mainRoleId: 'NONE' }, 'main_role_unknown'],
    [
      'a role that its main role does not have',
      { ...STOCK, roleId: 'DETAILS_READ' },
      'role_not_in_main_role',
    ],
  ])('%s is refused', async (_, request, code) => {
    expect(told(await grant(request))).toBe(code);
    expect(await held()).toEqual([]);
  });

  test('an end date that is left out stays, null takes it away', async () => {
    await grant({ ...STOCK, endsOn: '2027-01-01' });
    await grant({ ...STOCK, active: false });
    expect(await held()).toEqual([`${EMAIL} STOCK_READ DISTRIBUTION all false 2027-01-01`]);
    await grant({ ...STOCK, endsOn: null });
    expect(await held()).toEqual([`${EMAIL} STOCK_READ DISTRIBUTION all true`]);
  });

  test('many at once: all or none, with every faulty row', async () => {
    const outcome = await grant(STOCK, { ...STOCK, roleId: 'NONE' }, STOCK, { ...STOCK, email: 'b@x.no' });
    expect(outcome).toMatchObject({
      code: 'role_unknown',
      faults: [
        { path: '1', code: 'role_unknown' },
        { path: '2', code: 'permission_repeated' },
      ],
    });
    expect(await held()).toEqual([]);
    expect(await userIdOf('b@x.no')).toBe('');
    const rows = Array.from({ length: 1000 }, (_, n) => ({ ...STOCK, email: `u${n}@x.no` }));
    expect(told(await grant(...rows))).toHaveLength(1000);
    expect(await held()).toHaveLength(1000);
  });

  test('a user has 1,000 permissions of a wholesaler at most', async () => {
    const rows = Array.from({ length: 999 }, (_, n) => ({ ...STOCK, scope: { distributor: [String(n)] } }));
    expect(told(await grant(...rows))).toHaveLength(999);
    const details = { ...SCOPED, roleId: 'DETAILS_READ', mainRoleId: 'FULL_SERVICES' };
    expect(told(await grant(details, { ...details, scope: {} }))).toBe('permission_limit');
    expect(told(await grant(details))).toEqual(['created DETAILS_READ 20003 active']);
    expect(told(await grant(details))).toEqual(['unchanged DETAILS_READ 20003 active']);
  });

  test('a dry run tells the same and changes nothing', async () => {
    const { revision } = await store.position();
    const dry = await grantPermissions(store, owner, '10001', [STOCK], { dryRun: true });
    expect(told(dry)).toEqual(['created STOCK_READ all active']);
    expect(await store.position()).toMatchObject({ revision });
  });
});

describe('a client that knows of no scopes', () => {
  beforeEach(async () => {
    await grant(SCOPED);
  });

  test('can’t grant what would widen a scope that a newer client set', async () => {
    expect(told(await grant(STOCK))).toBe('scope_narrower');
    const query = { email: EMAIL, roleId: 'STOCK_READ', mainRoleId: 'DISTRIBUTION' };
    expect(told(await setPermissions(store, owner, '10001', query, { active: true }))).toBe('scope_narrower');
    expect(await held()).toEqual([`${EMAIL} STOCK_READ DISTRIBUTION 20003 true`]);
  });

  test('reaches every scope when it sets inactive', async () => {
    await grant({ ...SCOPED, scope: { distributor: ['20004'] } });
    expect(told(await grant({ ...STOCK, active: false }))).toEqual([
      'changed STOCK_READ 20003 inactive',
      'changed STOCK_READ 20004 inactive',
    ]);
    await grant(SCOPED);
    const query = { email: EMAIL, roleId: 'STOCK_READ', mainRoleId: 'DISTRIBUTION' };
    expect(told(await setPermissions(store, owner, '10001', query, { active: false }))).toEqual([
      'changed STOCK_READ 20003 inactive',
      'unchanged STOCK_READ 20004 inactive',
    ]);
  });

  test('reaches every scope when it deletes', async () => {
    await grant({ ...SCOPED, scope: {} }, { ...STOCK, roleId: 'DETAILS_READ', mainRoleId: 'FULL_SERVICES' });
    const query = { email: EMAIL, roleId: 'STOCK_READ', mainRoleId: 'DISTRIBUTION' };
    expect(told(await deletePermissions(store, owner, '10001', query))).toEqual([
      'removed STOCK_READ 20003 active',
      'removed STOCK_READ all active',
    ]);
    expect(await held()).toEqual([`${EMAIL} DETAILS_READ FULL_SERVICES all true`]);
  });
});

test('one that names the scope, be it none at all, changes just that permission', async () => {
  await grant(SCOPED, { ...STOCK, scope: {} });
  const query = { email: EMAIL, roleId: 'STOCK_READ', scope: { distributor: ['20003'] } };
  expect(told(await setPermissions(store, owner, '10001', query, { active: false }))).toEqual([
    'changed STOCK_READ 20003 inactive',
  ]);
  expect(told(await deletePermissions(store, owner, '10001', { ...query, scope: {} }))).toEqual([
    'removed STOCK_READ all active',
  ]);
  expect(await held()).toEqual([`${EMAIL} STOCK_READ DISTRIBUTION 20003 false`]);
});

test('a permission whose main role has lost the role can be set inactive, not active', async () => {
  await grant(STOCK);
  await rig.apply(store, 'mainRoles: [{ mainRoleId: DISTRIBUTION, roles: [], description: Distribution }]');
  const query = { email: EMAIL, roleId: 'STOCK_READ' };
  expect(told(await setPermissions(store, owner, '10001', query, { active: false }))).toHaveLength(1);
  expect(told(await setPermissions(store, owner, '10001', query, { active: true }))).toBe(
    'role_not_in_main_role',
  );
});

test('the last permission taken back takes the user off the wholesaler’s list', async () => {
  await grant(STOCK, { ...STOCK, roleId: 'DETAILS_READ', mainRoleId: 'FULL_SERVICES' });
  expect(await allRecords(store, 'grantee/10001/')).toHaveLength(1);
  expect(told(await deletePermissions(store, owner, '10001', { email: EMAIL }))).toHaveLength(2);
  expect(await allRecords(store, 'grantee/')).toEqual([]);
  expect(await allRecords(store, 'grants/')).toEqual([]);
  expect(told(await deletePermissions(store, owner, '10001', { email: EMAIL }))).toBe('permission_unknown');
});

test('another wholesaler’s permissions are neither seen nor changed', async () => {
  const other: Origin = {
    actor: { kind: 'user', userId: await userIdOf('api@nordlys.no') },
    route: 'auth-api',
  };
  await grant(STOCK);
  expect(await allPermissions(store, '10002')).toEqual([]);
  expect(told(await deletePermissions(store, other, '10002', { email: EMAIL }))).toBe('permission_unknown');
  expect(told(await deletePermissions(store, other, '10001', { email: EMAIL }))).toBe('not_primary');
  expect(told(await grantPermissions(store, other, '10001', [STOCK]))).toBe('not_primary');
  expect(await held()).toHaveLength(1);
});

test('who stops being primary while a grant is planned grants nothing', async () => {
  let moved = false;
  const slow = behind(store, {
    commit: async (changes, preconditions) => {
      if (!moved) {
        moved = true;
        await rig.apply(store, 'wholesalers: [{ id: "10001", name: Wholesaler AS }]', { prune: false });
        const userId = await userIdOf('api@wholesaler.no');
        await store.commit([{ key: `user/${userId}`, unset: ['owns'] }]);
      }
      return store.commit(changes, preconditions);
    },
  });
  expect(told(await grantPermissions(slow, owner, '10001', [STOCK]))).toBe('not_primary');
  expect(await held()).toEqual([]);
});

test('grants at the same time lose nothing of each other', async () => {
  const roles = ['STOCK_READ', 'DETAILS_READ'];
  await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      grant({
        ...STOCK,
        mainRoleId: 'FULL_SERVICES',
        roleId: roles[n % 2] ?? '',
        scope: { distributor: [String(n)] },
      }),
    ),
  );
  expect(await held()).toHaveLength(20);
});

describe('the account of changes', () => {
  test('says who changed what, by which way, from what to what, and names nobody by address', async () => {
    const { next } = await readAudit(store, { limit: 1000 });
    expect(next).toBeUndefined();
    const before = (await readAudit(store, { limit: 1000 })).events.length;
    const recorded: string[] = [];
    owner = { ...owner, recorded: ({ action }) => recorded.push(action) };
    await grant(SCOPED);
    await grant({ ...SCOPED, active: false });
    await deletePermissions(store, owner, '10001', { email: EMAIL });
    const { events } = await readAudit(store, { limit: 1000 });
    const userId = await userIdOf(EMAIL);
    const subject = {
      kind: 'permission',
      wholesalerId: '10001',
      userId,
      roleId: 'STOCK_READ',
      scope: { distributor: ['20003'] },
    };
    const [active, inactive] = [true, false].map((active) => ({ mainRoleId: 'DISTRIBUTION', active }));
    const { actor } = owner;
    expect(events.slice(before)).toMatchObject([
      { actor, route: 'auth-api', action: 'added', subject, after: active },
      { actor, route: 'auth-api', action: 'changed', subject, before: active, after: inactive },
      { actor, route: 'auth-api', action: 'removed', subject, before: inactive },
    ]);
    expect(recorded).toEqual(['added', 'changed', 'removed']);
    expect(JSON.stringify(events)).not.toContain('@');
  });

  test('is read page by page, and by a wholesaler only what is about it', async () => {
    await grant(STOCK);
    await grant({ ...STOCK, active: false });
    const all = await readAuditOf(store, '10001', { limit: 100 });
    expect(all.events.map(({ action, subject }) => `${action} ${subject.kind}`)).toEqual([
      'added wholesaler',
      'added primary',
      'added permission',
      'changed permission',
    ]);
    const first = await readAuditOf(store, '10001', { limit: 3 });
    const rest = await readAuditOf(store, '10001', { limit: 3, after: first.next ?? '' });
    expect([...first.events, ...rest.events]).toEqual(all.events);
    expect(rest.next).toBeUndefined();
    expect((await readAuditOf(store, '10002', { limit: 100 })).events).toHaveLength(2);
  });

  test('tells of nothing that was not done', async () => {
    const count = async () => (await readAudit(store, { limit: 1000 })).events.length;
    const before = await count();
    await grant({ ...STOCK, roleId: 'NONE' });
    await grantPermissions(store, owner, '10001', [STOCK], { dryRun: true });
    expect(await count()).toBe(before);
  });
});
