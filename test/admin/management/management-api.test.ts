import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AdminRig } from '../rig.ts';

const any = z.looseObject({});
let rig: AdminRig;
beforeAll(async () => {
  rig = await AdminRig.start();
});
afterAll(() => rig.close());

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const answer = await rig.ask(method, `/manage/v1/${path}`, 'operator', { body, headers });
  const text = await answer.text();
  const etag = answer.headers.get('etag') ?? '';
  return { status: answer.status, etag, body: any.parse(text === '' ? {} : JSON.parse(text)) };
}

async function userIdOf(email: string): Promise<string> {
  const { body } = await ask('GET', `users?email=${encodeURIComponent(email)}`);
  return z.array(z.looseObject({ userId: z.string() })).parse(body['items'])[0]?.userId ?? '';
}

describe('an operator’s token', () => {
  test.each([
    ['another token', 'Bearer operator-token-0123456780', 'token_invalid'],
    ['another scheme', 'Basic b3BzOm9wcw==', 'token_invalid'],
    ['an empty one', 'Bearer ', 'token_invalid'],
    ['two of them', 'Bearer operator-token-0123456789, Bearer operator-token-0123456789', 'token_invalid'],
  ])('%s lets nobody in, and the challenge says how', async (_, Authorization, code) => {
    const answer = await rig.ask('GET', '/manage/v1/users', 'nobody', { headers: { Authorization } });
    expect([answer.status, any.parse(await answer.json())['code']]).toEqual([401, code]);
    expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer realm="manage"/);
  });
});

describe('revisions', () => {
  test('a change of what somebody else has changed meanwhile is refused', async () => {
    const { etag } = await ask('GET', 'wholesalers/10001');
    const renamed = await ask('PUT', 'wholesalers/10001', { name: 'Renamed AS' }, { 'If-Match': etag });
    expect([renamed.status, renamed.body['name']]).toEqual([200, 'Renamed AS']);
    const late = await ask('PUT', 'wholesalers/10001', { name: 'Late AS' }, { 'If-Match': etag });
    expect([late.status, late.body['code']]).toEqual([412, 'revision_outdated']);
    expect((await ask('GET', 'wholesalers/10001')).body['name']).toBe('Renamed AS');
    const gone = await ask('PUT', 'wholesalers/10003', { name: 'Gone AS' }, { 'If-Match': etag });
    expect(gone.status).toBe(412);
  });
});

describe('lists', () => {
  test('a list is read page by page, each row once', async () => {
    const seen: string[] = [];
    let after = '';
    for (let page = 0; page < 10; page += 1) {
      const { body } = await ask('GET', `users?limit=1${after && `&after=${after}`}`);
      const rows = z.array(z.looseObject({ email: z.string() })).parse(body['items']);
      seen.push(...rows.map(({ email }) => email));
      if (body['next'] === undefined) break;
      after = z.string().parse(body['next']);
    }
    const expected = ['api@wholesaler.no', 'api@nordlys.no', 'api@distributor.no', 'api@stranger.no'];
    expect(new Set(seen)).toEqual(new Set(expected));
    expect(seen.length).toBe(expected.length);
  });

  test('ids of products are what they are', async () => {
    const path = `catalog/${encodeURIComponent('Å/1 %')}`;
    expect((await ask('PUT', path, { attributes: { owner: '' } })).status).toBe(201);
    const { body } = await ask('GET', 'catalog?limit=1');
    expect(body['items']).toMatchObject([{ productId: 'Å/1 %', attributes: { owner: '' } }]);
    expect(
      (await ask('GET', `catalog?after=${encodeURIComponent(z.string().parse(body['next']))}`)).body['items'],
    ).toEqual([]);
    expect((await ask('DELETE', path)).status).toBe(204);
  });
});

describe('definitions', () => {
  test('a main role names only roles that are there', async () => {
    const { status, body } = await ask('PUT', 'main-roles/X', { roles: ['NONE'], description: 'X' });
    expect([status, body['code']]).toEqual([404, 'role_unknown']);
  });

  test('a role goes once nothing rests on it', async () => {
    await ask('PUT', 'roles/TEMP', { api: 'orders', httpVerb: 'PUT', description: 'For a while' });
    await ask('PUT', 'main-roles/TEMP', { roles: ['TEMP'], description: 'For a while' });
    expect((await ask('DELETE', 'roles/TEMP')).body['code']).toBe('in_use');
    const grant = { email: 'api@stranger.no', roleId: 'TEMP', mainRoleId: 'TEMP' };
    expect((await ask('POST', 'wholesalers/10002/permissions', grant)).status).toBe(200);
    expect((await ask('DELETE', 'main-roles/TEMP')).body['code']).toBe('in_use');
    await ask('DELETE', 'wholesalers/10002/permissions?email=api%40stranger.no');
    expect((await ask('DELETE', 'main-roles/TEMP')).status).toBe(204);
    expect((await ask('DELETE', 'roles/TEMP')).status).toBe(204);
    expect((await ask('GET', 'roles/TEMP')).status).toBe(404);
  });
});

describe('subscriptions', () => {
  test('keys are shown once, open until they are suspended, renewed or revoked', async () => {
    const userId = await userIdOf('api@stranger.no');
    const made = await ask('POST', `users/${userId}/subscriptions`, { apiProduct: 'my-products' });
    const { subscriptionId, keys } = z
      .looseObject({ subscriptionId: z.string(), keys: z.looseObject({ primary: z.string() }) })
      .parse(made.body);
    const found = await ask('POST', 'keys/find', { key: keys.primary });
    expect(found.body).toEqual({ subscriptionId, slot: 'primary' });
    const { body, etag } = await ask('GET', `subscriptions/${subscriptionId}`);
    expect(JSON.stringify(body)).not.toContain(keys.primary);
    const suspended = await ask(
      'PATCH',
      `subscriptions/${subscriptionId}`,
      { state: 'suspended' },
      { 'If-Match': etag },
    );
    expect(suspended.body['state']).toBe('suspended');
    const renewed = await ask('POST', `subscriptions/${subscriptionId}/keys/primary`, { overlap: 60 });
    expect(renewed.body['key']).toMatch(/^[\w-]{43}$/);
    expect((await ask('POST', 'keys/find', { key: keys.primary })).body['slot']).toBe('oldPrimary');
    await ask('POST', 'keys/revoke', { key: keys.primary });
    expect((await ask('POST', 'keys/find', { key: keys.primary })).body['slot']).toBe('revoked');
  });
});

test('every change is in the account, with the operator’s name and no address', async () => {
  const email = 'second@wholesaler.no';
  await ask('PUT', `wholesalers/10001/primary-emails/${email}`);
  const userId = await userIdOf(email);
  await ask('DELETE', `users/${userId}`);
  const { body } = await ask('GET', 'audit?limit=1000');
  const events = z.array(z.looseObject({ subject: any, action: z.string() })).parse(body['events']);
  const about = events.filter(({ subject }) => subject['userId'] === userId);
  expect(about.map(({ action, subject }) => `${action} ${z.string().parse(subject['kind'])}`)).toEqual([
    'added user',
    'added primary',
    'removed primary',
    'removed user',
  ]);
  expect(about).toMatchObject(
    about.map(() => ({ actor: { kind: 'operator', name: 'ops' }, route: 'management' })),
  );
  expect(JSON.stringify(body)).not.toContain(email);
});
