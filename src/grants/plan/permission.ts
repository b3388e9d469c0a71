import type { Scope } from '../../model/identity.ts';
import { type Permission, scopeText } from '../../model/permission.ts';
import type { AuditedState, AuditSubject } from '../audit.ts';
import * as records from '../records.ts';
import type { Stated } from '../state-schema.ts';
import { confirmationMailChanges } from './confirmation.ts';
import type { Draft } from './draft.ts';
import { difference } from './record.ts';

type StatedPermission = Readonly<Omit<Stated['permissions'], 'scope'>> & {
  readonly userId: string;
  readonly scope: Scope;
};

/**
 * Adds to a draft what brings one permission to what is stated, and a mail to a user who has yet to confirm: what is
 * known of users' confirmations must have been loaded.
 *
 * @param basis keys of further records on which that rests
 */
export function planPermission(
  draft: Draft,
  stated: StatedPermission,
  changedAt: string,
  basis: readonly string[] = [],
): void {
  const { email, userId, accessToWholesaler: wholesalerId, endsOn, ...rest } = stated;
  const permission: Permission = { ...rest, wholesalerId, endsOn, changedAt };
  const key = records.grants.key(userId);
  const field = records.permissionField(permission);
  const text = draft.get(key)?.fields[field];
  const before = text === undefined ? undefined : records.decodePermission(field, text);
  const words = before === undefined ? attributesOf(permission) : differences(before, permission);
  if (before !== undefined && words.length === 0) return;
  const granteeKey = records.grantees.key(wholesalerId, userId);
  const grantee = draft.get(granteeKey)
    ? []
    : [{ key: granteeKey, set: records.grantees.encode({ since: changedAt }) }];
  draft.add(
    {
      kind: before === undefined ? 'added' : 'changed',
      text: [namePermission(email, permission), words.join(', ')].join(': '),
      subject: permissionSubject(userId, permission),
      before: before && auditedPermission(before),
      after: auditedPermission(permission),
    },
    [
      { key, set: { [field]: records.permissionText(permission) } },
      ...grantee,
      ...(permission.active ? confirmationMailChanges(draft, userId, wholesalerId) : []),
    ],
    [
      records.users.key(userId),
      records.emails.key(email),
      records.wholesalers.key(wholesalerId),
      records.roles.key(permission.roleId),
      records.mainRoles.key(permission.mainRoleId),
      ...basis,
    ],
  );
}

/** Adds to a draft the removal of one permission, and of the user from the wholesaler's list if it was the last. */
export function planPermissionRemoval(
  draft: Draft,
  email: string,
  userId: string,
  permission: Permission,
  basis: readonly string[] = [],
): void {
  const key = records.grants.key(userId);
  const field = records.permissionField(permission);
  const { wholesalerId } = permission;
  const left = Object.keys(draft.get(key)?.fields ?? {}).filter((name) => name !== field);
  const isLast = !left.some((name) => name.startsWith(`${wholesalerId}/`));
  draft.add(
    {
      kind: 'removed',
      text: namePermission(email, permission),
      subject: permissionSubject(userId, permission),
      before: auditedPermission(permission),
    },
    [
      { key, unset: [field] },
      ...(isLast ? [{ key: records.grantees.key(wholesalerId, userId), remove: true } as const] : []),
    ],
    basis,
  );
}

/** `permission api@distributor.no 10001 STOCK_READ distributor=20003` */
export function namePermission(email: string, { wholesalerId, roleId, scope }: Permission): string {
  return ['permission', email, wholesalerId, roleId, scopeText(scope)].join(' ').trimEnd();
}

function permissionSubject(userId: string, { wholesalerId, roleId, scope }: Permission): AuditSubject {
  return { kind: 'permission', wholesalerId, userId, roleId, scope };
}

/** What may change of a permission. */
function auditedPermission({ mainRoleId, active, endsOn }: Permission): AuditedState {
  return { mainRoleId, active, ...(endsOn === undefined ? {} : { endsOn }) };
}

function attributesOf({ mainRoleId, active, endsOn }: Permission): readonly string[] {
  return [
    `by ${mainRoleId}`,
    ...(endsOn === undefined ? [] : [`ends on ${endsOn}`]),
    ...(active ? [] : ['not active']),
  ];
}

function differences(before: Permission, after: Permission): readonly string[] {
  return (['mainRoleId', 'active', 'endsOn'] as const)
    .filter((name) => before[name] !== after[name])
    .map((name) => difference(name, before[name]?.toString(), after[name]?.toString()));
}
