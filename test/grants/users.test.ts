import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Origin } from '../../src/grants/actor.ts';
import { readAudit, readAuditOf } from '../../src/grants/audit.ts';
import { Identities } from '../../src/grants/identities.ts';
import { grantPermissions } from '../../src/grants/permissions.ts';
import { addPrimaryEmail, eraseUser, removePrimaryEmail } from '../../src/grants/users.ts';
import type { Store } from '../../src/store/store.ts';
import { allRecords, behind, KEYS, PEPPERS, Rig, STATE } from './rig.ts';

const OPERATOR: Origin = { actor: { kind: 'operator', name: 'kari' }, route: 'management' };

const rig = await Rig.make();
afterAll(() => rig.close());

let store: Store;
beforeEach(async () => {
  store = await rig.openStore();
  await rig.apply(store, STATE);
  await rig.apply(store, 'wholesalers: [{ id: "10002", name: Nordlys Vin AS }]');
});

async function userIdOf(email: string): Promise<string> {
  return (await store.read([`email/${email}`])).records[0]?.fields['userId'] ?? '';
}

async function owns(email: string): Promise<string | undefined> {
  return (await store.read([`user/${await userIdOf(email)}`])).records[0]?.fields['owns'];
}

function add(wholesalerId: string, email: string) {
  return addPrimaryEmail(store, OPERATOR, wholesalerId, email);
}

test('a wholesaler has one primary email or more, known or new', async () => {
  expect(await add('10001', 'api@distributor.no')).toEqual({ userId: await userIdOf('api@distributor.no') });
  expect(await add('10001', 'second@wholesaler.no')).toEqual({
    userId: await userIdOf('second@wholesaler.no'),
  });
  expect(await allRecords(store, 'primary/10001/')).toHaveLength(3);
  expect(await owns('second@wholesaler.no')).toBe('10001');
});

test('an email is primary of one wholesaler', async () => {
  expect(await add('10002', 'api@wholesaler.no')).toMatchObject({ code: 'primary_taken' });
  expect(await owns('api@wholesaler.no')).toBe('10001');
  const { revision } = await store.position();
  expect(await add('10001', 'api@wholesaler.no')).toHaveProperty('userId');
  expect(await store.position()).toMatchObject({ revision });
});

test('two wholesalers that ask for the same email at once: one gets it', async () => {
  const outcomes = await Promise.all([add('10001', 'new@x.no'), add('10002', 'new@x.no')]);
  expect(outcomes.filter((outcome) => 'userId' in outcome)).toHaveLength(1);
  expect(outcomes.filter((outcome) => 'code' in outcome)).toMatchObject([{ code: 'primary_taken' }]);
  expect(await allRecords(store, 'user/')).toHaveLength(3);
});

test('a primary email that is taken away can become another’s; the account tells both', async () => {
  await removePrimaryEmail(store, OPERATOR, '10001', 'api@wholesaler.no');
  expect(await owns('api@wholesaler.no')).toBeUndefined();
  expect(await allRecords(store, 'primary/')).toEqual([]);
  await add('10002', 'api@wholesaler.no');
  expect(await owns('api@wholesaler.no')).toBe('10002');
  const told = async (wholesalerId: string) =>
    (await readAuditOf(store, wholesalerId, { limit: 100 })).events
      .filter(({ subject }) => subject.kind === 'primary')
      .map(({ action, actor }) => `${action} by ${actor.kind}`);
  expect(await told('10001')).toEqual(['added by system', 'removed by operator']);
  expect(await told('10002')).toEqual(['added by operator']);
});

test('a primary email that an operator moves is told in the account of both wholesalers', async () => {
  await rig.apply(
    store,
    'wholesalers: [{ id: "10002", name: Nordlys Vin AS, primaryEmails: [api@wholesaler.no] }]',
  );
  for (const wholesalerId of ['10001', '10002']) {
    const { events } = await readAuditOf(store, wholesalerId, { limit: 100 });
    expect(events.at(-1)).toMatchObject({
      action: 'changed',
      before: { wholesalerId: '10001' },
      after: { wholesalerId: '10002' },
    });
  }
});

test('a wholesaler that is not there, and an email that is not its primary', async () => {
  expect(await add('10003', 'new@x.no')).toMatchObject({ code: 'wholesaler_unknown' });
  expect(await userIdOf('new@x.no')).toBe('');
  for (const email of ['new@x.no', 'api@distributor.no']) {
    const outcome = await removePrimaryEmail(store, OPERATOR, '10001', email);
    expect(outcome).toMatchObject({ code: 'primary_unknown' });
  }
});

test('an erased user leaves nothing but the account, which names nobody', async () => {
  for (const email of ['api@distributor.no', 'api@wholesaler.no']) {
    expect(await eraseUser(store, OPERATOR, await userIdOf(email))).toHaveProperty('userId');
  }
  const left = (await allRecords(store)).map(({ key }) => key.split('/')[0]);
  expect([...new Set(left)]).toEqual(['api-product', 'main-role', 'product', 'role', 'wholesaler']);
  const { events } = await readAudit(store, { limit: 1000 });
  expect(JSON.stringify(events)).not.toContain('@');
  const removed = events.filter(({ action }) => action === 'removed').map(({ subject }) => subject.kind);
  expect(removed).toEqual(['subscription', 'permission', 'user', 'subscription', 'primary', 'user']);
});

test('who registers an erased address again inherits nothing, and its keys open nothing', async () => {
  const follower = await rig.follow(store);
  const identities = new Identities({ store, follower, peppers: PEPPERS, timezone: 'Europe/Oslo' });
  expect((await identities.identify(KEYS.distributor))?.grants).toHaveLength(1);
  const before = await userIdOf('api@distributor.no');
  await eraseUser(store, OPERATOR, before);
  await rig.apply(store, 'users: [{ email: api@distributor.no, confirmed: true }]');
  const after = await userIdOf('api@distributor.no');
  expect(after).not.toBe(before);
  expect(await allRecords(store, 'grants/')).toEqual([]);
  await expect.poll(() => identities.identify(KEYS.distributor)).toBeUndefined();
  identities.close();
});

test('a user with thousands of permissions is erased in several commits, the keys with the first', async () => {
  const userId = await userIdOf('api@distributor.no');
  const request = {
    email: 'api@distributor.no',
    roleId: 'STOCK_READ',
    mainRoleId: 'DISTRIBUTION',
    active: true,
  };
  for (const wholesalerId of ['10001', '10002']) {
    const rows = Array.from({ length: 900 }, (_, n) => ({ ...request, scope: { distributor: [String(n)] } }));
    expect(await grantPermissions(store, OPERATOR, wholesalerId, rows)).toHaveProperty('results');
  }
  const kinds: string[][] = [];
  const watched = behind(store, {
    commit: (changes, preconditions) => {
      kinds.push([...new Set(changes.map(({ key }) => key.split('/')[0] ?? ''))]);
      return store.commit(changes, preconditions);
    },
  });
  await eraseUser(watched, OPERATOR, userId);
  expect(kinds).toHaveLength(2);
  expect(kinds[0]).toContain('key');
  expect(kinds[1]).toContain('user');
  expect(await allRecords(store, 'grants/')).toEqual([]);
  expect(await allRecords(store, 'grantee/')).toEqual([]);
});

test.each(['api@distributor.no', 'idle@x.no'])(
  'what is granted while %s is erased is granted to nobody',
  async (email) => {
    await rig.apply(store, 'users: [{ email: idle@x.no, confirmed: true }]');
    const userId = await userIdOf(email);
    const request = {
      email,
      roleId: 'STOCK_READ',
      mainRoleId: 'DISTRIBUTION',
      active: true,
    };
    let granted = false;
    const slow = behind(store, {
      commit: async (changes, preconditions) => {
        if (!granted) {
          granted = true;
          await grantPermissions(store, OPERATOR, '10001', [{ ...request, scope: { distributor: ['1'] } }]);
        }
        return store.commit(changes, preconditions);
      },
    });
    await eraseUser(slow, OPERATOR, userId);
    expect(await allRecords(store, `grants/${userId}`)).toEqual([]);
    expect(await allRecords(store, `grantee/10001/${userId}`)).toEqual([]);
  },
);

test('an unknown user is not erased', async () => {
  expect(await eraseUser(store, OPERATOR, 'nobody')).toMatchObject({ code: 'user_unknown' });
});
