import type { Scope } from '../model/identity.ts';
import { scopeText } from '../model/permission.ts';
import type { Store } from '../store/store.ts';
import type { Origin } from './actor.ts';
import { change, isProblem, type Problem } from './operations.ts';
import type { Draft } from './plan/draft.ts';
import { userIdOf } from './plan/loading.ts';
import {
  basisOfOwner,
  countPermissions,
  findPermissions,
  type GrantedPermission,
  isScoped,
  keysOfRoles,
  loadUsers,
  type PermissionProblemCode,
  type PermissionQuery,
  permissionsOf,
  problemOfRoles,
} from './plan/owner-permissions.ts';
import { planPermission, planPermissionRemoval } from './plan/permission.ts';
import { planNewUser } from './plan/user.ts';
import * as records from './records.ts';

export interface PermissionResult {
  readonly permission: GrantedPermission;
  readonly result: 'created' | 'changed' | 'unchanged' | 'removed';
}

export interface PermissionChange {
  readonly active: boolean;
  /** Left out: as it is. Null: no end. */
  readonly endsOn?: string | null | undefined;
}

/** What shall be granted. `scope` left out: by a client that knows of no scopes. */
export interface PermissionRequest extends PermissionChange {
  readonly email: string;
  readonly roleId: string;
  readonly mainRoleId: string;
  readonly scope?: Scope | undefined;
}

/** A problem of one or more of several requests; `path` is the request's index. */
export interface PermissionProblem extends Problem<PermissionProblemCode> {
  readonly faults?: readonly { readonly path: string; readonly code: string; readonly message: string }[];
}

export interface PermissionResults {
  readonly results: readonly PermissionResult[];
}

/** Permissions that a user may have from one wholesaler: all of them stand in one record. */
const MAX_PERMISSIONS = 1000;

interface Options {
  readonly dryRun?: boolean | undefined;
}

/**
 * Grants permissions of one wholesaler, or changes what was granted: all or none.
 *
 * A permission is known by its user, role and scope. A request that names no scope comes from a client that knows of
 * none: where the permission is tied to scopes, it may only set it inactive, and does so for every one of them.
 *
 * @param origin a user must be primary email of the wholesaler when the change is made
 * @returns results in the order of the requests; the problem of the first that has one
 * @throws StoreError
 */
export function grantPermissions(
  store: Store,
  origin: Origin,
  wholesalerId: string,
  requests: readonly PermissionRequest[],
  options: Options = {},
): Promise<PermissionResults | PermissionProblem> {
  return change(
    store,
    origin,
    async (draft): Promise<PermissionResults | PermissionProblem> => {
      const basis = await basisOfOwner(draft, origin, wholesalerId);
      if (isProblem(basis)) return basis;
      await draft.load(requests.flatMap(keysOfRoles));
      await loadUsers(
        draft,
        wholesalerId,
        requests.map(({ email }) => email),
      );
      const planned = new Set<string>();
      const outcomes = requests.map((request) => planGrant({ draft, wholesalerId, basis, planned }, request));
      return allOrNone(outcomes);
    },
    options,
  );
}

/**
 * Sets whether permissions count: those of one user that the query means. Setting them active reaches none that is
 * tied to a scope, unless the query names that scope.
 *
 * @throws StoreError
 */
export function setPermissions(
  store: Store,
  origin: Origin,
  wholesalerId: string,
  query: PermissionQuery,
  { active, endsOn }: PermissionChange,
  options: Options = {},
): Promise<PermissionResults | PermissionProblem> {
  return change(
    store,
    origin,
    async (draft): Promise<PermissionResults | PermissionProblem> => {
      const found = await findPermissions(draft, origin, wholesalerId, query);
      if (isProblem(found)) return found;
      const { matching, basis, userId } = found;
      const narrower = query.scope === undefined && matching.some(isScoped);
      if (active && narrower) return scopeNarrower();
      const problems = matching.flatMap(
        ({ roleId, mainRoleId }) => problemOfRoles(draft, roleId, mainRoleId) ?? [],
      );
      if (active && problems[0] !== undefined) return problems[0];
      return {
        results: matching.map((permission) =>
          planResult({ draft, wholesalerId, basis }, userId, { ...permission, active, endsOn }),
        ),
      };
    },
    options,
  );
}

/**
 * Takes back permissions: all of one user that the query means, whatever their scope.
 * @throws StoreError
 */
export function deletePermissions(
  store: Store,
  origin: Origin,
  wholesalerId: string,
  query: PermissionQuery,
  options: Options = {},
): Promise<PermissionResults | PermissionProblem> {
  return change(
    store,
    origin,
    async (draft): Promise<PermissionResults | PermissionProblem> => {
      const found = await findPermissions(draft, origin, wholesalerId, query);
      if (isProblem(found)) return found;
      const { matching, basis, userId } = found;
      for (const permission of matching) {
        planPermissionRemoval(draft, permission.email, userId, permission, basis);
      }
      return { results: matching.map((permission) => ({ permission, result: 'removed' })) };
    },
    options,
  );
}

/** What one request does; several where it sets permissions of several scopes inactive. */
function planGrant(
  context: PlanContext & { readonly planned: Set<string> },
  request: PermissionRequest,
): readonly PermissionResult[] | Problem<PermissionProblemCode> {
  const { draft, wholesalerId, planned } = context;
  const { email, roleId, mainRoleId, scope = {}, active, endsOn } = request;
  const name = `${email} ${roleId} ${scopeText(scope)}`;
  if (planned.has(name)) {
    return { code: 'permission_repeated', detail: 'Another row has the same email, role and scope.' };
  }
  planned.add(name);
  const problem = problemOfRoles(draft, roleId, mainRoleId);
  if (problem !== undefined) return problem;
  const userId = userIdOf(draft, email) ?? planNewUser(draft, email, undefined);
  const ofRole = request.scope === undefined ? permissionsOf(draft, userId, wholesalerId, roleId) : [];
  if (!ofRole.some(isScoped)) {
    const result = planResult(context, userId, { email, roleId, mainRoleId, scope, active, endsOn });
    return countPermissions(draft, userId, wholesalerId) > MAX_PERMISSIONS ? tooMany() : [result];
  }
  if (active) return scopeNarrower();
  return ofRole.map((permission) => planResult(context, userId, { ...permission, email, active, endsOn }));
}

interface PlanContext {
  readonly draft: Draft;
  readonly wholesalerId: string;
  /** Records on which the caller's right to change this rests. */
  readonly basis: readonly string[];
}

function planResult(
  { draft, wholesalerId, basis }: PlanContext,
  userId: string,
  { email, roleId, mainRoleId, scope, active, endsOn }: PermissionRequest & { readonly scope: Scope },
): PermissionResult {
  const key = records.grants.key(userId);
  const field = records.permissionField({ wholesalerId, roleId, scope });
  const before = draft.get(key)?.fields[field];
  const stated = {
    userId,
    email,
    accessToWholesaler: wholesalerId,
    roleId,
    mainRoleId,
    scope,
    active,
    endsOn:
      endsOn === undefined ? before && records.decodePermission(field, before).endsOn : (endsOn ?? undefined),
  };
  planPermission(draft, stated, draft.now, basis);
  const after = draft.get(key)?.fields[field];
  if (after === undefined) throw new Error('a permission was planned that is not there');
  const result = before === undefined ? 'created' : before === after ? 'unchanged' : 'changed';
  return { permission: { ...records.decodePermission(field, after), email }, result };
}

function scopeNarrower(): Problem<PermissionProblemCode> {
  const detail =
    'This permission is tied to a scope, which would be widened. Name the scope to change the permission within it.';
  return { code: 'scope_narrower', detail };
}

function tooMany(): Problem<PermissionProblemCode> {
  const detail = `A user can have ${MAX_PERMISSIONS} permissions of a wholesaler: put several values into one scope.`;
  return { code: 'permission_limit', detail };
}

function allOrNone(
  outcomes: readonly (readonly PermissionResult[] | Problem<PermissionProblemCode>)[],
): PermissionResults | PermissionProblem {
  const problems = outcomes.flatMap((outcome, index) =>
    isProblem(outcome) ? [{ ...outcome, path: String(index) }] : [],
  );
  const [first] = problems;
  if (first === undefined)
    return { results: outcomes.flatMap((outcome) => (isProblem(outcome) ? [] : outcome)) };
  if (outcomes.length === 1) return { code: first.code, detail: first.detail };
  const faults = problems.map(({ path, code, detail }) => ({ path, code, message: detail }));
  return { code: first.code, detail: `Nothing was changed. ${first.detail}`, faults };
}
