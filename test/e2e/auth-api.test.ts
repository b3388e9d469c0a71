import { afterAll, beforeAll, expect, test } from 'vitest';
import { RunningDemo } from './running-demo.ts';

const STOCK = '/my-products/v0/stock-per-store';
const PERMISSION = {
  email: 'api@distributor.no',
  roleId: 'STOCK_READ',
  mainRoleId: 'DISTRIBUTION',
  active: true,
  scope: { distributor: ['20003'] },
};

let demo: RunningDemo;
beforeAll(async () => {
  demo = await RunningDemo.start();
});
afterAll(() => demo.stop());

function ask(method: string, path: string, body?: unknown): Promise<Response> {
  return demo.get(path, 'wholesalerAuth', {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
  });
}

async function stockOf(caller: 'wholesaler' | 'distributor' | 'stranger'): Promise<number> {
  const answer = await demo.get(STOCK, caller);
  expect(answer.status).toBe(200);
  const list: unknown = await answer.json();
  return Array.isArray(list) ? list.length : -1;
}

/** The sidecar learns of a change by the store's feed: at once, but not in the same instant. */
async function seesSoon(count: number): Promise<void> {
  await expect.poll(() => stockOf('distributor'), { timeout: 5000, interval: 20 }).toBe(count);
}

test('through the sidecar an owner sets a permission inactive, and the partner’s list is empty', async () => {
  expect(await stockOf('distributor')).toBe(4);
  const inactive = await ask('PUT', '/auth/v0/permission', { ...PERMISSION, active: false });
  expect(await inactive.json()).toMatchObject([{ active: false, result: 'changed' }]);
  expect(inactive.status).toBe(200);
  await seesSoon(0);
  await ask('PUT', '/auth/v0/permission', PERMISSION);
  await seesSoon(4);
  const removed = await ask('DELETE', '/auth/v0/user?email=api%40distributor.no&roleId=STOCK_READ');
  expect(await removed.json()).toMatchObject([{ roleId: 'STOCK_READ', result: 'removed' }]);
  await seesSoon(0);
  const granted = await ask('POST', '/auth/v0/permission', { ...PERMISSION, scope: {} });
  expect(await granted.json()).toMatchObject({ roleId: 'STOCK_READ', result: 'created' });
  await seesSoon(6);
});

test('through the sidecar nobody else reaches the /auth API', async () => {
  const other = await demo.get('/auth/v0/permission', 'wholesaler');
  expect([other.status, await other.json()]).toMatchObject([401, { code: 'key_invalid' }]);
  const nobody = await demo.get('/auth/v0/permission');
  expect([nobody.status, await nobody.json()]).toMatchObject([401, { code: 'key_missing' }]);
});

test('an identity that the caller claims is not passed on', async () => {
  const answer = await demo.get('/auth/v0/role', 'wholesalerAuth', {
    headers: { 'Fullmakt-Identity': 'x.y.z' },
  });
  expect(answer.status).toBe(200);
});

test('the admin’s own port takes the key too', async () => {
  const headers = { 'Ocp-Apim-Subscription-Key': demo.facts.keys.wholesalerAuth };
  const answer = await fetch(`${demo.facts.admin}/auth/v0/main_role?format=csv`, { headers });
  expect(await answer.text()).toContain('DISTRIBUTION,STOCK_READ,Distribution,');
});
