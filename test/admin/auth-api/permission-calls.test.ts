import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AdminRig, KEYS } from '../rig.ts';

const PATH = '/auth/v0/permission';
const EMAIL = 'api@distributor.no';
const STOCK = { email: EMAIL, roleId: 'STOCK_READ', mainRoleId: 'DISTRIBUTION', active: true };
const SCOPED = { ...STOCK, scope: { distributor: ['20004', '20003'] }, endsOn: '2027-01-31' };

let rig: AdminRig;
beforeAll(async () => {
  rig = await AdminRig.start();
});
afterAll(() => rig.close());
beforeEach(async () => {
  for (const { email } of await listed()) await remove(`/auth/v0/user?email=${encodeURIComponent(email)}`);
});

const rows = z.array(z.looseObject({ email: z.string() }));

async function listed() {
  return rows.parse(await (await rig.ask('GET', PATH, 'owner')).json());
}

function remove(path: string): Promise<Response> {
  return rig.ask('DELETE', path, 'owner');
}

function post(body: unknown, query = '', headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return rig.ask('POST', PATH + query, 'owner', { body, headers });
}

function put(body: unknown): Promise<Response> {
  return rig.ask('PUT', PATH, 'owner', { body });
}

async function outcome(answer: Response): Promise<[number, unknown]> {
  return [answer.status, await answer.json()];
}

describe('as version v0 has it', () => {
  test('a permission is given, seen, set inactive and taken back', async () => {
    const row = { ...STOCK, accessToWholesaler: '10001' };
    const given = await outcome(await post(STOCK));
    expect(given).toMatchObject([200, { ...row, result: 'created' }]);
    const today = new Date().toISOString().slice(0, 4);
    const [seen] = await listed();
    expect(seen).toEqual({
      ...row,
      lastChangedOn: expect.stringMatching(new RegExp(`^(${today}|${Number(today) + 1})-\\d\\d-\\d\\d$`)),
      lastChangedAt: expect.stringMatching(/^\d\d:\d\d:\d\d$/),
      confirmation: 'confirmed',
    });
    expect(await outcome(await put({ ...STOCK, active: false }))).toMatchObject([
      200,
      [{ ...row, active: false, result: 'changed' }],
    ]);
    const query = `email=${EMAIL}&roleId=STOCK_READ&mainRoleId=DISTRIBUTION`;
    expect(await outcome(await remove(`${PATH}?${query}`))).toMatchObject([200, [{ result: 'removed' }]]);
    expect(await listed()).toEqual([]);
    expect(await outcome(await remove(`${PATH}?${query}`))).toMatchObject([
      404,
      { code: 'permission_unknown' },
    ]);
  });

  test('a user loses all, or what one role gave', async () => {
    await post([STOCK, { ...STOCK, roleId: 'DETAILS_READ', mainRoleId: 'FULL_SERVICES' }]);
    const one = await outcome(await remove(`/auth/v0/user?email=${EMAIL}&roleId=DETAILS_READ`));
    expect(one).toMatchObject([200, [{ roleId: 'DETAILS_READ', result: 'removed' }]]);
    expect(await outcome(await remove(`/auth/v0/user?email=${EMAIL}`))).toMatchObject([
      200,
      [{ roleId: 'STOCK_READ' }],
    ]);
    expect(await listed()).toEqual([]);
  });

  test('by another main role than it came by it is not meant', async () => {
    await post(STOCK);
    const query = `email=${EMAIL}&roleId=STOCK_READ&mainRoleId=FULL_SERVICES`;
    expect((await remove(`${PATH}?${query}`)).status).toBe(404);
    expect((await put({ ...STOCK, mainRoleId: 'FULL_SERVICES', active: false })).status).toBe(404);
    expect(await listed()).toMatchObject([{ active: true }]);
  });

  test('roles and main roles are rows', async () => {
    const roles = await outcome(await rig.ask('GET', '/auth/v0/role', 'owner'));
    const changed = { lastChangedOn: expect.any(String), lastChangedAt: expect.any(String) };
    expect(roles).toEqual([
      200,
      [
        {
          roleId: 'DETAILS_READ',
          api: 'details-normal',
          httpVerb: 'GET',
          description: 'Read product details',
          ...changed,
        },
        {
          roleId: 'STOCK_READ',
          api: 'stock-per-store',
          httpVerb: 'GET',
          description: 'Read stock',
          ...changed,
        },
      ],
    ]);
    expect(await outcome(await rig.ask('GET', '/auth/v0/main_role', 'owner'))).toEqual([
      200,
      [
        { mainRoleId: 'DISTRIBUTION', roleId: 'STOCK_READ', description: 'Distribution', ...changed },
        { mainRoleId: 'FULL_SERVICES', roleId: 'STOCK_READ', description: 'Full services', ...changed },
        { mainRoleId: 'FULL_SERVICES', roleId: 'DETAILS_READ', description: 'Full services', ...changed },
      ],
    ]);
  });

  test('the key may stand in the query, and must be one', async () => {
    const byQuery = await fetch(`${rig.url}${PATH}?subscription-key=${KEYS.owner}`);
    expect(byQuery.status).toBe(200);
    const both = await rig.ask('GET', `${PATH}?subscription-key=${KEYS.otherOwner}`, 'owner');
    expect(await outcome(both)).toMatchObject([401, { code: 'key_invalid' }]);
  });
});

describe('scopes and ends', () => {
  test('are optional members of the rows, in one form', async () => {
    const given = await outcome(await post(SCOPED));
    const scope = { distributor: ['20003', '20004'] };
    expect(given).toMatchObject([200, { scope, endsOn: '2027-01-31', result: 'created' }]);
    expect(await listed()).toMatchObject([{ scope, endsOn: '2027-01-31' }]);
    expect(await outcome(await post({ ...SCOPED, endsOn: null }))).toMatchObject([
      200,
      { result: 'changed' },
    ]);
    expect((await listed())[0]).not.toHaveProperty('endsOn');
  });

  test('a client that knows of none widens none', async () => {
    await post({ ...SCOPED, active: false });
    for (const answer of [await post(STOCK), await put(STOCK)]) {
      expect(await outcome(answer)).toMatchObject([409, { code: 'scope_narrower' }]);
    }
    expect(await listed()).toMatchObject([{ active: false }]);
    await post(SCOPED);
    expect(await outcome(await put({ ...STOCK, active: false }))).toMatchObject([200, [{ active: false }]]);
  });

  test('the one permission with a scope can be taken back', async () => {
    await post([SCOPED, { ...STOCK, scope: {} }]);
    const query = `email=${EMAIL}&roleId=STOCK_READ&mainRoleId=DISTRIBUTION`;
    const scope = encodeURIComponent('distributor=20003,20004');
    await remove(`${PATH}?${query}&scope=${scope}`);
    const left = await listed();
    expect(left).toHaveLength(1);
    expect(left[0]).not.toHaveProperty('scope');
    for (const unknown of ['distributor=9', 'nonsense']) {
      const answer = await remove(`${PATH}?${query}&scope=${encodeURIComponent(unknown)}`);
      expect(answer.status).toBe(404);
    }
    await remove(`${PATH}?${query}&scope=`);
    expect(await listed()).toEqual([]);
  });
});

describe('many at once', () => {
  test('each row has its result', async () => {
    await post(STOCK);
    const answer = await post([STOCK, { ...STOCK, email: 'A@X.NO' }]);
    expect(await outcome(answer)).toMatchObject([
      200,
      [{ result: 'unchanged' }, { email: 'a@x.no', result: 'created' }],
    ]);
  });

  test('all or none: every faulty row is told with its place', async () => {
    const answer = await post([
      STOCK,
      { ...STOCK, roleId: 'NONE' },
      { ...STOCK, email: 'b@x.no', mainRoleId: 'NONE' },
    ]);
    expect(await outcome(answer)).toMatchObject([
      404,
      {
        code: 'role_unknown',
        errors: [
          { path: 'body.1', code: 'role_unknown' },
          { path: 'body.2', code: 'main_role_unknown' },
        ],
      },
    ]);
    expect(await listed()).toEqual([]);
  });

  test('a dry run says what would be done', async () => {
    expect(await outcome(await post([STOCK], '?dryRun=true'))).toMatchObject([200, [{ result: 'created' }]]);
    expect(await listed()).toEqual([]);
    await post(STOCK);
    const dry = await remove(`/auth/v0/user?email=${EMAIL}&dryRun=true`);
    expect(await outcome(dry)).toMatchObject([200, [{ result: 'removed' }]]);
    expect(await listed()).toHaveLength(1);
  });
});

describe('CSV', () => {
  const CSV = { 'Content-Type': 'text/csv', Accept: 'text/csv' };

  test('what is listed can be given again, and nothing changes', async () => {
    await post([
      SCOPED,
      { ...STOCK, scope: {}, active: false },
      { ...STOCK, email: 'b@x.no', endsOn: '2028-02-29' },
    ]);
    const list = await (await rig.ask('GET', PATH, 'owner', { headers: { Accept: 'text/csv' } })).text();
    expect(list.split('\r\n')[0]).toBe(
      'email,accessToWholesaler,roleId,mainRoleId,active,lastChangedOn,lastChangedAt,scope,endsOn,confirmation',
    );
    expect(list).toContain('"distributor=20003,20004",2027-01-31,confirmed');
    const answer = await post(list, '', CSV);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const results = (await answer.text()).trimEnd().split('\r\n').slice(1);
    expect(results.map((line) => line.split(',').at(-1))).toEqual(['unchanged', 'unchanged', 'unchanged']);
    for (const { email } of await listed()) await remove(`/auth/v0/user?email=${email}`);
    expect((await post(list, '?format=json', CSV)).status).toBe(200);
    const again = await (await rig.ask('GET', `${PATH}?format=csv`, 'owner')).text();
    const untimed = (text: string) =>
      text
        .replaceAll(/,\d{4}-\d\d-\d\d,\d\d:\d\d:\d\d/g, '')
        .split('\r\n')
        .sort();
    expect(untimed(again)).toEqual(untimed(list));
  });

  test('with a column for ends, an empty field is no end', async () => {
    await post({ ...STOCK, endsOn: '2027-01-31' });
    const row = (fields: string) => `${fields}\n`;
    await post(row('email,roleId,mainRoleId,active') + row(`${EMAIL},STOCK_READ,DISTRIBUTION,true`), '', CSV);
    expect(await listed()).toMatchObject([{ endsOn: '2027-01-31' }]);
    await post(
      row('email,roleId,mainRoleId,active,endsOn') + row(`${EMAIL},STOCK_READ,DISTRIBUTION,true,`),
      '',
      CSV,
    );
    expect((await listed())[0]).not.toHaveProperty('endsOn');
  });

  test('without a column for scopes it knows of none', async () => {
    await post(SCOPED);
    const text = `email,roleId,mainRoleId,active\n${EMAIL},STOCK_READ,DISTRIBUTION,true\n`;
    const answer = await post(text, '', CSV);
    expect(await outcome(answer)).toMatchObject([409, { code: 'scope_narrower' }]);
  });

  test.each([
    ['a field too few', 'email,roleId\na@x.no\n', 'body_malformed', 'body.line 2:1'],
    [
      'a word for true',
      `email,roleId,mainRoleId,active\n${EMAIL},A,B,yes\n`,
      'request_malformed',
      'body.0.active',
    ],
    [
      'an unknown column',
      `email,roleId,mainRoleId,active,x\n${EMAIL},A,B,true,1\n`,
      'request_malformed',
      'body.0.x',
    ],
    [
      'a scope that is none',
      `email,roleId,mainRoleId,active,scope\n${EMAIL},A,B,true,x\n`,
      'request_malformed',
      'body.0.scope',
    ],
  ])('%s is refused at its place', async (_, text, code, path) => {
    const answer = await post(text, '', { 'Content-Type': 'text/csv' });
    expect(await outcome(answer)).toMatchObject([400, { code, errors: [{ path }] }]);
  });
});

describe('what is not as it must be', () => {
  test.each([
    ['no JSON', '{', {}, 400, 'body_malformed'],
    ['no UTF-8', Uint8Array.of(0x22, 0xff, 0x22), {}, 400, 'body_malformed'],
    [
      'another media type',
      'a=b',
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      415,
      'media_type_unsupported',
    ],
    [
      'another charset',
      '{}',
      { 'Content-Type': 'application/json; charset=latin1' },
      415,
      'media_type_unsupported',
    ],
    ['a compressed body', '{}', { 'Content-Encoding': 'gzip' }, 415, 'media_type_unsupported'],
    ['too much', 'x'.repeat(1024 * 1024 + 1), {}, 413, 'body_too_large'],
    ['an empty list', [], {}, 400, 'request_malformed'],
    ['too many rows', Array.from({ length: 1001 }, () => STOCK), {}, 400, 'request_malformed'],
    ['a member that is not known', { ...STOCK, scpoe: {} }, {}, 400, 'request_malformed'],
    ['an email outside ASCII', { ...STOCK, email: 'å@x.no' }, {}, 400, 'request_malformed'],
    ['a text for true', { ...STOCK, active: 'true' }, {}, 400, 'request_malformed'],
    ['a day that is none', { ...STOCK, endsOn: '2027-02-29' }, {}, 400, 'request_malformed'],
    ['a scope that admits nothing', { ...STOCK, scope: { distributor: [] } }, {}, 400, 'request_malformed'],
    ['another’s wholesaler', { ...STOCK, accessToWholesaler: '10002' }, {}, 403, 'not_primary'],
  ])('%s', async (_, body, headers, status, code) => {
    const answer = await post(body, '', Object.fromEntries<string>(Object.entries(headers)));
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await outcome(answer)).toMatchObject([status, { status, code }]);
    expect(await listed()).toEqual([]);
  });

  test('a fault is told at its place', async () => {
    const answer = await post([STOCK, { ...STOCK, email: 'å@x.no', x: 1 }]);
    expect(await answer.json()).toMatchObject({
      errors: [
        { path: 'body.1.email', message: 'must be an email address, in ASCII' },
        { path: 'body.1.x', message: 'no such member' },
      ],
    });
  });

  test.each([
    ['GET', `${PATH}?limit=1`, 400, 'request_malformed'],
    ['DELETE', `${PATH}?email=${EMAIL}`, 400, 'request_malformed'],
    ['DELETE', `/auth/v0/user?email=${EMAIL}&email=b@x.no`, 400, 'request_malformed'],
    ['PATCH', PATH, 405, 'method_unknown'],
    ['GET', '/auth/v0/user', 405, 'method_unknown'],
    ['GET', '/auth/v0/Permission', 404, 'route_unknown'],
    ['GET', '/auth/v0/permission/', 404, 'route_unknown'],
    ['GET', '/auth/v0/%ff', 404, 'route_unknown'],
  ])('%s %s', async (method, path, status, code) => {
    const answer = await rig.ask(method, path, 'owner');
    expect(await outcome(answer)).toMatchObject([status, { code }]);
  });
});

test('a user who has not confirmed the address is told of as such, and can be asked again after a while', async () => {
  await post({ ...STOCK, email: 'new@partner.no' });
  const [row] = await listed();
  expect(['waiting', 'sent']).toContain(row?.['confirmation']);
  const again = await rig.ask('POST', '/auth/v0/user/confirmation', 'owner', {
    body: { email: 'new@partner.no' },
  });
  expect(await outcome(again)).toMatchObject([409, { code: 'mail_recent' }]);
});

test('each change is a line of the log, without an address', async () => {
  await post(STOCK);
  const audit = rig.lines.filter((line) => line.includes('"audit"'));
  expect(audit.at(-1)).toContain('"roleId":"STOCK_READ"');
  for (const line of audit) expect(line).not.toContain('@');
});
