import { z } from 'zod';
import type { Origin } from '../../grants/actor.ts';
import { allPermissions } from '../../grants/permission-list.ts';
import {
  deletePermissions,
  grantPermissions,
  type PermissionProblem,
  type PermissionResults,
  setPermissions,
} from '../../grants/permissions.ts';
import { parseScopeText } from '../../model/permission.ts';
import type { Store } from '../../store/store.ts';
import { type Answer, type Endpoint, endpoint } from '../api.ts';
import { type AdminProblem, problem } from '../problems.ts';
import { email, flag, format, identifier } from '../schemas.ts';
import type { LocalTime } from './local-time.ts';
import type { Owner } from './owner.ts';
import {
  COLUMNS,
  permissionRow,
  RESULT_COLUMNS,
  type RequestRow,
  requestCsv,
  requestRow,
  resultRow,
  toCsvRow,
  toProblem,
  toResultRow,
  toRow,
} from './permission-rows.ts';

/** Permissions that one request may hold. */
const MAX_ROWS = 1000;

export interface CallParts {
  readonly store: Store;
  readonly localTime: (instant: string) => LocalTime;
  readonly recorded: NonNullable<Origin['recorded']>;
}

const EXAMPLE = {
  email: 'api@distributor.no',
  roleId: 'STOCK_READ',
  mainRoleId: 'DISTRIBUTION',
  active: true,
};
const EXAMPLE_ROW = {
  email: 'api@distributor.no',
  accessToWholesaler: '10001',
  roleId: 'STOCK_READ',
  mainRoleId: 'DISTRIBUTION',
  active: true,
  lastChangedOn: '2026-05-05',
  lastChangedAt: '14:03:59',
};
const SCOPED_EXAMPLE = { ...EXAMPLE, scope: { distributor: ['20003'] }, endsOn: '2027-01-01' };

const scopeQuery = z
  .string()
  .max(2048)
  .regex(/^[!-~]*$/, 'must be a scope as CSV has it')
  .describe('Only the permission with exactly this scope, such as `distributor=20003`; empty: with none.');
const dryRun = flag.optional().describe('Say what would be done, and do nothing.');
const results = (description: string, example: unknown) => ({
  description,
  schema: z.array(resultRow),
  example: [example],
  csv: { columns: RESULT_COLUMNS, toRow: toCsvRow },
});

export function permissionCalls(parts: CallParts): readonly Endpoint<Owner>[] {
  return [listCall(parts), grantCall(parts), setCall(parts), deleteCall(parts), deleteUserCall(parts)];
}

function listCall({ store, localTime }: CallParts): Endpoint<Owner> {
  return endpoint({
    method: 'get',
    path: '/auth/v0/permission',
    operationId: 'listPermissions',
    summary: 'All permissions that the wholesaler has given',
    query: z.strictObject({ format }),
    answers: {
      200: {
        description: 'One row for each.',
        schema: z.array(permissionRow),
        example: [{ ...EXAMPLE_ROW, confirmation: 'confirmed' }],
        csv: { columns: COLUMNS, toRow: toCsvRow },
      },
    },
    problems: [],
    handle: async ({ caller }: { caller: Owner }) => {
      const granted = await allPermissions(store, caller.wholesalerId);
      return { status: 200, body: granted.map((permission) => toRow(permission, localTime)) };
    },
  });
}

function grantCall(parts: CallParts): Endpoint<Owner> {
  return endpoint({
    method: 'post',
    path: '/auth/v0/permission',
    operationId: 'grantPermissions',
    summary: 'Give a permission, or change it; or many, all or none',
    description:
      'A permission is known by its email, role and scope. A request without `scope` is of a client that knows of none: where the permission is tied to scopes it is refused (`scope_narrower`), unless it sets it inactive, which reaches every scope. The user is asked by mail to confirm the address; permissions count from then on.',
    query: z.strictObject({ dryRun, format }),
    body: {
      schema: z.union([requestRow, z.array(requestRow).min(1).max(MAX_ROWS)]),
      examples: { one: EXAMPLE, scoped: SCOPED_EXAMPLE, many: [EXAMPLE, SCOPED_EXAMPLE] },
      csv: requestCsv,
    },
    answers: {
      200: {
        description: 'The row with its result; for a list, or CSV, the rows.',
        schema: z.union([resultRow, z.array(resultRow)]),
        example: { ...EXAMPLE_ROW, result: 'created' },
        csv: { columns: RESULT_COLUMNS, toRow: toCsvRow },
      },
    },
    problems: [
      'role_unknown',
      'main_role_unknown',
      'role_not_in_main_role',
      'scope_narrower',
      'permission_repeated',
      'permission_limit',
    ],
    handle: async ({ caller, query, body }) => {
      const rows = Array.isArray(body) ? body : [body];
      const foreign = problemOfForeign(rows, caller);
      if (foreign !== undefined) return foreign;
      const origin = originOf(caller, parts);
      const outcome = await grantPermissions(parts.store, origin, caller.wholesalerId, rows, query);
      if ('code' in outcome) return toProblem(outcome);
      const answer = outcome.results.map((result) => toResultRow(result, parts.localTime));
      return { status: 200, body: Array.isArray(body) ? answer : answer[0] };
    },
  });
}

function setCall(parts: CallParts): Endpoint<Owner> {
  return endpoint({
    method: 'put',
    path: '/auth/v0/permission',
    operationId: 'setPermission',
    summary: 'Set a permission active or inactive',
    description:
      'By email, role and main role. `active: false` reaches it in every scope; `active: true` is refused (`scope_narrower`) where it is tied to one that the request does not name.',
    query: z.strictObject({ dryRun, format }),
    body: { schema: requestRow, examples: { inactive: { ...EXAMPLE, active: false } } },
    answers: {
      200: results('The rows that it is, each with its result.', {
        ...EXAMPLE_ROW,
        active: false,
        result: 'changed',
      }),
    },
    problems: [
      'permission_unknown',
      'role_unknown',
      'main_role_unknown',
      'role_not_in_main_role',
      'scope_narrower',
    ],
    handle: async ({ caller, query, body }) => {
      const foreign = problemOfForeign([body], caller);
      if (foreign !== undefined) return foreign;
      const origin = originOf(caller, parts);
      return toAnswer(
        await setPermissions(parts.store, origin, caller.wholesalerId, body, body, query),
        parts,
      );
    },
  });
}

function deleteCall(parts: CallParts): Endpoint<Owner> {
  return endpoint({
    method: 'delete',
    path: '/auth/v0/permission',
    operationId: 'deletePermission',
    summary: 'Take a permission back',
    description: 'By email, role and main role: in every scope, unless one is named.',
    query: z.strictObject({
      email,
      roleId: identifier,
      mainRoleId: identifier,
      scope: scopeQuery.optional(),
      dryRun,
      format,
    }),
    answers: { 200: results('The rows that are gone.', { ...EXAMPLE_ROW, result: 'removed' }) },
    problems: ['permission_unknown'],
    handle: async ({ caller, query: { scope: text, ...query } }) => {
      const scope = text === undefined ? undefined : parseScopeText(text);
      if (text !== undefined && scope === undefined) {
        return problem('permission_unknown', 'No permission has this scope.');
      }
      const origin = originOf(caller, parts);
      const meant = { ...query, scope };
      return toAnswer(await deletePermissions(parts.store, origin, caller.wholesalerId, meant, query), parts);
    },
  });
}

function deleteUserCall(parts: CallParts): Endpoint<Owner> {
  return endpoint({
    method: 'delete',
    path: '/auth/v0/user',
    operationId: 'deleteUser',
    summary: 'Take back all that a user was given, or all of one role',
    description: 'Only what this wholesaler has given; the user’s key and what others gave stay.',
    query: z.strictObject({ email, roleId: identifier.optional(), dryRun, format }),
    answers: { 200: results('The rows that are gone.', { ...EXAMPLE_ROW, result: 'removed' }) },
    problems: ['permission_unknown'],
    handle: async ({ caller, query }) => {
      const origin = originOf(caller, parts);
      return toAnswer(await deletePermissions(parts.store, origin, caller.wholesalerId, query, query), parts);
    },
  });
}

/** Where a change comes from that an owner asks for. */
export function originOf({ userId }: Owner, { recorded }: CallParts): Origin {
  return { actor: { kind: 'user', userId }, route: 'auth-api', recorded };
}

function problemOfForeign(rows: readonly RequestRow[], { wholesalerId }: Owner): AdminProblem | undefined {
  const foreign = rows.some(
    ({ accessToWholesaler }) => (accessToWholesaler ?? wholesalerId) !== wholesalerId,
  );
  return foreign
    ? problem('not_primary', 'Only permissions of one’s own wholesaler can be given.')
    : undefined;
}

function toAnswer(
  outcome: PermissionResults | PermissionProblem,
  { localTime }: CallParts,
): Answer | AdminProblem {
  if ('code' in outcome) return toProblem(outcome);
  return { status: 200, body: outcome.results.map((result) => toResultRow(result, localTime)) };
}
