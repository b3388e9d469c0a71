import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { readState } from '../../src/grants/state.ts';
import { AdminRig } from '../admin/rig.ts';
import { faultsOf, Rig, STATE } from '../grants/rig.ts';

const PERMISSION =
  '"email":"new@distributor.no","roleId":"STOCK_READ","mainRoleId":"DISTRIBUTION","active":true';

let rig: AdminRig;
beforeAll(async () => {
  rig = await AdminRig.start();
});
afterAll(() => rig.close());

const problem = z.looseObject({ errors: z.array(z.looseObject({ path: z.string() })) });

async function refusal(answer: Response): Promise<[number, ...string[]]> {
  const { errors } = problem.parse(await answer.json());
  return [answer.status, ...errors.map(({ path }) => path)];
}

const ROWS = {
  alone: '{"__proto__":["x"]}',
  'with an escape': '{"\\u005f_proto__":["x"]}',
  'beside another': '{"distributor":["20003"],"__proto__":["x"]}',
  'with what is no list': '{"__proto__":null}',
};

it.each(Object.entries(ROWS))('an owner’s scope with __proto__ %s grants nothing', async (_, scope) => {
  const headers = { 'content-type': 'application/json' };
  const body = `{${PERMISSION},"scope":${scope}}`;
  for (const method of ['POST', 'PUT']) {
    const answer = await rig.ask(method, '/auth/v0/permission', 'owner', { headers, body });
    expect(await refusal(answer)).toEqual([400, 'body.scope.__proto__']);
  }
  const listed = await rig.ask('GET', '/auth/v0/permission', 'owner');
  expect(await listed.text()).not.toContain('new@distributor.no');
});

it.each(Object.entries(ROWS))('an operator’s scope with __proto__ %s grants nothing', async (_, scope) => {
  const headers = { 'content-type': 'application/json' };
  const body = `{${PERMISSION},"scope":${scope}}`;
  const path = '/manage/v1/wholesalers/10001/permissions';
  const answer = await rig.ask('POST', path, 'operator', { headers, body });
  expect(await refusal(answer)).toEqual([400, 'body.scope.__proto__']);
});

it('a scope with __proto__ in CSV grants nothing', async () => {
  const answer = await rig.ask('POST', '/auth/v0/permission', 'owner', {
    headers: { 'content-type': 'text/csv' },
    body: 'email,roleId,mainRoleId,active,scope\nnew@distributor.no,STOCK_READ,DISTRIBUTION,true,__proto__=x\n',
  });
  expect(await refusal(answer)).toEqual([400, 'body.0.scope.__proto__']);
});

it('an operator’s product with an attribute __proto__ is refused', async () => {
  const answer = await rig.ask('PUT', '/manage/v1/catalog/1999', 'operator', {
    headers: { 'content-type': 'application/json' },
    body: '{"attributes":{"owner":"10001","__proto__":"x"}}',
  });
  expect(await refusal(answer)).toEqual([400, 'body.attributes.__proto__']);
});

it('a state file’s scope with __proto__ is a fault', async () => {
  const files = await Rig.make();
  const state = STATE.replace('{ distributor: ["20003"] }', '{ __proto__: ["x"] }');
  const faults = faultsOf(await readState(await files.write('state.yaml', state)));
  await files.close();
  expect(faults).toEqual(['15:14: no such name can be used']);
});
