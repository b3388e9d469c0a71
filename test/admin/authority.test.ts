import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { allPermissions } from '../../src/grants/permission-list.ts';
import { allRecords } from '../grants/rig.ts';
import { AdminRig, CALLERS } from './rig.ts';

const outcome = z.union([z.int(), z.string()]).transform(String);
const table = z.array(
  z.strictObject({
    call: z.string(),
    body: z.unknown().optional(),
    reveals: z.boolean().default(false),
    changes: z.boolean().default(false),
    ...Object.fromEntries(CALLERS.map((caller) => [caller, outcome])),
  }),
);
const cases = table.parse(parse(readFileSync('test/cases/authority.yaml', 'utf8')));

const PERMISSIONS = [
  { email: 'api@distributor.no', roleId: 'STOCK_READ', mainRoleId: 'DISTRIBUTION', active: true },
  { email: 'api@distributor.no', roleId: 'DETAILS_READ', mainRoleId: 'FULL_SERVICES', active: true },
];

describe.each(cases)('$call $body', ({ call, body, reveals, changes, ...outcomes }) => {
  const [method = '', path = ''] = call.split(' ');
  let rig: AdminRig;
  beforeAll(async () => {
    rig = await AdminRig.start();
  });
  afterAll(() => rig.close());
  beforeEach(async () => {
    for (const { email } of await allPermissions(rig.store, '10001')) {
      await rig.ask('DELETE', `/auth/v0/user?email=${encodeURIComponent(email)}`, 'owner');
    }
    const answer = await rig.ask('POST', '/auth/v0/permission', 'owner', { body: PERMISSIONS });
    expect(answer.status).toBe(200);
  });

  const permissions = async () => {
    const all = await allPermissions(rig.store, '10001');
    return all.map(({ changedAt: _, ...permission }) => permission);
  };
  const everything = async () => {
    const all = await allRecords(rig.store);
    return all.filter(({ key }) => !/^(?:last-use|outbox|confirmation)/.test(key));
  };
  const isManagement = path.startsWith('/manage/');
  const asked = isManagement ? 'operator' : 'owner';
  const state = isManagement ? everything : permissions;

  test.each(CALLERS)('by %s', async (caller) => {
    const { userId = '' } = (await rig.store.read(['email/api@distributor.no'])).records[0]?.fields ?? {};
    const [subscriptionId = ''] = Object.keys(
      (await rig.store.read([`subscriber/${userId}`])).records[0]?.fields ?? {},
    );
    const target = path.replace('{userId}', userId).replace('{subscriptionId}', subscriptionId);
    const before = await state();
    const answer = await rig.ask(method, target, caller, body === undefined ? {} : { body });
    const text = await answer.text();
    const code = answer.ok ? '' : ` ${z.object({ code: z.string() }).parse(JSON.parse(text)).code}`;
    expect(`${answer.status}${code}`).toBe(z.record(z.string(), z.string()).parse(outcomes)[caller]);
    const isRevealed = text.includes('api@distributor.no') || text.includes(userId);
    if (reveals) expect(isRevealed).toBe(caller === asked);
    const isChanged = JSON.stringify(await state()) !== JSON.stringify(before);
    expect(isChanged).toBe(changes && caller === asked);
  });
});
