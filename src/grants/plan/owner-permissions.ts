import type { Scope } from '../../model/identity.ts';
import { type Permission, scopeText } from '../../model/permission.ts';
import type { Origin } from '../actor.ts';
import { isProblem, type Problem } from '../operations.ts';
import * as records from '../records.ts';
import { loadConfirmations } from './confirmation.ts';
import type { Draft } from './draft.ts';
import { userIdOf } from './loading.ts';

/** One permission, and whose it is. */
export interface GrantedPermission extends Permission {
  readonly email: string;
}

/** Which of a wholesaler's permissions are meant; what is left out is not asked for. */
export interface PermissionQuery {
  readonly email: string;
  readonly roleId?: string | undefined;
  readonly mainRoleId?: string | undefined;
  /** Exactly this scope, `{}` for no restriction. */
  readonly scope?: Scope | undefined;
}

export type PermissionProblemCode =
  | 'not_primary'
  | 'wholesaler_unknown'
  | 'user_unknown'
  | 'role_unknown'
  | 'main_role_unknown'
  | 'permission_unknown'
  | 'role_not_in_main_role'
  | 'scope_narrower'
  | 'permission_repeated'
  | 'permission_limit';

/**
 * One user's permissions from a wholesaler that a query means.
 * @param origin a user must be primary email of the wholesaler
 */
export async function findPermissions(
  draft: Draft,
  origin: Origin,
  wholesalerId: string,
  { email, roleId, mainRoleId, scope }: PermissionQuery,
): Promise<
  | {
      readonly userId: string;
      readonly basis: readonly string[];
      readonly matching: readonly GrantedPermission[];
    }
  | Problem<PermissionProblemCode>
> {
  const basis = await basisOfOwner(draft, origin, wholesalerId);
  if (isProblem(basis)) return basis;
  await loadUsers(draft, wholesalerId, [email]);
  const userId = userIdOf(draft, email);
  const matching = permissionsOf(draft, userId, wholesalerId).filter(
    (permission) =>
      (roleId === undefined || permission.roleId === roleId) &&
      (mainRoleId === undefined || permission.mainRoleId === mainRoleId) &&
      (scope === undefined || scopeText(permission.scope) === scopeText(scope)),
  );
  // A user without permissions from this wholesaler and no user at all look the same.
  if (userId === undefined || matching.length === 0) {
    return { code: 'permission_unknown', detail: 'There is no such permission.' };
  }
  return { userId, basis, matching: matching.map((permission) => Object.assign(permission, { email })) };
}

/** The keys of the records on which the right to change a wholesaler's permissions rests, or why there is none. */
export async function basisOfOwner(
  draft: Draft,
  { actor }: Origin,
  wholesalerId: string,
): Promise<readonly string[] | Problem<PermissionProblemCode>> {
  const wholesaler = records.wholesalers.key(wholesalerId);
  const user = actor.kind === 'user' ? [records.users.key(actor.userId)] : [];
  const basis = [wholesaler, ...user];
  await draft.load(basis);
  if (draft.get(wholesaler) === undefined) {
    return { code: 'wholesaler_unknown', detail: 'There is no such wholesaler.' };
  }
  for (const key of user) {
    const record = draft.get(key);
    if (record === undefined || records.users.decode(record).owns !== wholesalerId) {
      return { code: 'not_primary', detail: 'Only a primary email of the wholesaler may do this.' };
    }
  }
  return basis;
}

/** Reads into a draft the users with some addresses, and what a wholesaler has granted them. */
export async function loadUsers(
  draft: Draft,
  wholesalerId: string,
  emails: readonly string[],
): Promise<void> {
  await draft.load(emails.map((email) => records.emails.key(email)));
  const userIds = emails.flatMap((email) => userIdOf(draft, email) ?? []);
  await draft.load(
    userIds.flatMap((userId) => [
      records.users.key(userId),
      records.grants.key(userId),
      records.grantees.key(wholesalerId, userId),
    ]),
  );
  await loadConfirmations(draft, userIds);
  await draft.load(
    userIds.flatMap((userId) => permissionsOf(draft, userId, wholesalerId)).flatMap(keysOfRoles),
  );
}

export function keysOfRoles({
  roleId,
  mainRoleId,
}: Pick<Permission, 'roleId' | 'mainRoleId'>): readonly string[] {
  return [records.roles.key(roleId), records.mainRoles.key(mainRoleId)];
}

/** What a wholesaler has granted a user, of one role or of all, as far as the draft knows. */
export function permissionsOf(
  draft: Draft,
  userId: string | undefined,
  wholesalerId: string,
  roleId?: string,
): readonly Permission[] {
  const record = userId === undefined ? undefined : draft.get(records.grants.key(userId));
  const prefix = roleId === undefined ? `${wholesalerId}/` : `${wholesalerId}/${roleId}/`;
  return Object.entries(record?.fields ?? {})
    .filter(([field]) => field.startsWith(prefix))
    .map(([field, text]) => records.decodePermission(field, text));
}

/** How many permissions a wholesaler has granted a user, as far as the draft knows. */
export function countPermissions(draft: Draft, userId: string, wholesalerId: string): number {
  const fields = draft.get(records.grants.key(userId))?.fields ?? {};
  return Object.keys(fields).filter((field) => field.startsWith(`${wholesalerId}/`)).length;
}

/** Why a role may not come by a main role. Both must be loaded, if they are there. */
export function problemOfRoles(
  draft: Draft,
  roleId: string,
  mainRoleId: string,
): Problem<PermissionProblemCode> | undefined {
  if (draft.get(records.roles.key(roleId)) === undefined) {
    return { code: 'role_unknown', detail: 'There is no such role.' };
  }
  const mainRole = draft.get(records.mainRoles.key(mainRoleId));
  if (mainRole === undefined) return { code: 'main_role_unknown', detail: 'There is no such main role.' };
  if (records.mainRoles.decode(mainRole).roles.includes(roleId)) return undefined;
  return { code: 'role_not_in_main_role', detail: 'The main role does not have this role.' };
}

export function isScoped({ scope }: Permission): boolean {
  return scopeText(scope) !== '';
}
