import { z } from 'zod';
import { listPermissions } from '../../grants/permission-list.ts';
import {
  deletePermissions,
  grantPermissions,
  type PermissionProblem,
  type PermissionResults,
} from '../../grants/permissions.ts';
import type { GrantedPermission } from '../../grants/plan/owner-permissions.ts';
import * as records from '../../grants/records.ts';
import { parseScopeText } from '../../model/permission.ts';
import type { Answer, Endpoint } from '../api.ts';
import { endpoint } from '../api.ts';
import { type AdminProblem, problem } from '../problems.ts';
import { email, identifier, lastDay, scope } from '../schemas.ts';
import type { Operator } from './operator.ts';
import { declaredPage, type ManagementParts, originOf, paging } from './paging.ts';

const permission = {
  email: z.string(),
  wholesalerId: identifier,
  roleId: identifier,
  mainRoleId: identifier,
  scope: z.record(z.string(), z.array(z.string())),
  active: z.boolean(),
  endsOn: lastDay.optional(),
  changedAt: z.iso.datetime({ precision: 3 }),
};
const listedRow = z
  .strictObject({
    ...permission,
    confirmation: z.enum(['confirmed', 'not_asked', 'waiting', 'sent', 'refused', 'given_up']),
  })
  .meta({ id: 'ListedPermission' });
const grantedRow = z.strictObject(permission).meta({ id: 'GrantedPermission' });
const changedRow = z
  .strictObject({ ...permission, result: z.enum(['created', 'changed', 'unchanged', 'removed']) })
  .meta({ id: 'ChangedPermission' });
const changed = z.strictObject({ items: z.array(changedRow) }).meta({ id: 'ChangedPermissions' });

const EXAMPLE = {
  email: 'api@distributor.no',
  wholesalerId: '10001',
  roleId: 'STOCK_READ',
  mainRoleId: 'DISTRIBUTION',
  scope: { distributor: ['20003'] },
  active: true,
  changedAt: '2026-05-05T12:03:59.000Z',
};
const ofWholesaler = z.strictObject({ wholesalerId: identifier });

/** What wholesalers have granted: read and, in their place, changed. */
export function permissionCalls(parts: ManagementParts): readonly Endpoint<Operator>[] {
  return [listCall(parts), listOfUserCall(parts), grantCall(parts), revokeCall(parts)];
}

function listCall({ store }: ManagementParts): Endpoint<Operator> {
  return endpoint({
    method: 'get',
    path: '/manage/v1/wholesalers/{wholesalerId}/permissions',
    operationId: 'manageListPermissions',
    summary: 'What a wholesaler has granted, user by user',
    description: '`limit` counts users, each with all that the wholesaler has granted.',
    parameters: ofWholesaler,
    query: z.strictObject(paging),
    answers: {
      200: declaredPage('PermissionPage', listedRow, { ...EXAMPLE, confirmation: 'confirmed' }),
    },
    problems: ['wholesaler_unknown'],
    handle: async ({ parameters: { wholesalerId }, query: { after, limit = 100 } }) => {
      const [wholesaler] = (await store.read([records.wholesalers.key(wholesalerId)])).records;
      if (wholesaler === undefined) return problem('wholesaler_unknown', 'There is no such wholesaler.');
      const { permissions, next } = await listPermissions(store, wholesalerId, { after, users: limit });
      return { status: 200, body: { items: permissions, next } };
    },
  });
}

function listOfUserCall({ store }: ManagementParts): Endpoint<Operator> {
  return endpoint({
    method: 'get',
    path: '/manage/v1/users/{userId}/permissions',
    operationId: 'manageListPermissionsOfUser',
    summary: 'What a user was granted, by whomever',
    parameters: z.strictObject({ userId: identifier }),
    answers: {
      200: {
        description: 'All of it.',
        schema: z.strictObject({ items: z.array(grantedRow) }).meta({ id: 'GrantedPermissions' }),
        example: { items: [EXAMPLE] },
      },
    },
    problems: ['user_unknown'],
    handle: async ({ parameters: { userId } }) => {
      const keys = [records.users.key(userId), records.grants.key(userId)];
      const [user, grants] = (await store.read(keys)).records;
      if (user === undefined) return problem('user_unknown', 'There is no such user.');
      const { email } = records.users.decode(user);
      const granted = grants === undefined ? [] : records.grants.decode(grants);
      return { status: 200, body: { items: granted.map((each) => Object.assign(each, { email })) } };
    },
  });
}

function grantCall(parts: ManagementParts): Endpoint<Operator> {
  const body = z
    .strictObject({
      email,
      roleId: identifier,
      mainRoleId: identifier,
      scope: scope.default({}),
      active: z.boolean().default(true),
      endsOn: lastDay.nullable().optional().describe('Null: no end; left out: as it is.'),
    })
    .meta({ id: 'NewPermission' });
  const { email: _, wholesalerId: __, changedAt: ___, ...request } = EXAMPLE;
  return endpoint({
    method: 'post',
    path: '/manage/v1/wholesalers/{wholesalerId}/permissions',
    operationId: 'manageGrantPermission',
    summary: 'Grant a permission in a wholesaler’s place, or change it',
    parameters: ofWholesaler,
    body: { schema: body, examples: { one: { email: 'api@distributor.no', ...request } } },
    answers: { 200: changedAnswer('created') },
    problems: [
      'wholesaler_unknown',
      'role_unknown',
      'main_role_unknown',
      'role_not_in_main_role',
      'permission_limit',
    ],
    handle: async ({ caller, parameters: { wholesalerId }, body }) =>
      toAnswer(await grantPermissions(parts.store, originOf(caller, parts), wholesalerId, [body])),
  });
}

function revokeCall(parts: ManagementParts): Endpoint<Operator> {
  const scopeText = z.string().max(4096).optional();
  return endpoint({
    method: 'delete',
    path: '/manage/v1/wholesalers/{wholesalerId}/permissions',
    operationId: 'manageRevokePermissions',
    summary: 'Take permissions back in a wholesaler’s place',
    description: 'All of one user’s, less those that a given parameter does not mean.',
    parameters: ofWholesaler,
    query: z.strictObject({
      email,
      roleId: identifier.optional(),
      mainRoleId: identifier.optional(),
      scope: scopeText.describe('Exactly this scope, such as `distributor=20003`; empty: with none.'),
    }),
    answers: { 200: changedAnswer('removed') },
    problems: ['wholesaler_unknown', 'permission_unknown'],
    handle: async ({ caller, parameters: { wholesalerId }, query: { scope: text, ...query } }) => {
      const scope = text === undefined ? undefined : parseScopeText(text);
      if (text !== undefined && scope === undefined) {
        return problem('permission_unknown', 'No permission has this scope.');
      }
      const origin = originOf(caller, parts);
      return toAnswer(await deletePermissions(parts.store, origin, wholesalerId, { ...query, scope }));
    },
  });
}

function changedAnswer(result: string) {
  return {
    description: 'The permissions, each with its result.',
    schema: changed,
    example: { items: [{ ...EXAMPLE, result }] },
  };
}

function toAnswer(outcome: PermissionResults | PermissionProblem): Answer | AdminProblem {
  if ('code' in outcome) return problem(outcome.code, outcome.detail);
  const items = outcome.results.map(({ permission, result }): GrantedPermission & { result: string } =>
    Object.assign({}, permission, { result }),
  );
  return { status: 200, body: { items } };
}
