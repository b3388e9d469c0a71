import { type Permission, scopeText } from '../../model/permission.ts';
import * as records from '../records.ts';
import type { Stated } from '../state-schema.ts';
import type { Draft } from './draft.ts';
import { difference } from './record.ts';

/** Adds to a draft what brings one permission to what is stated. */
export function planPermission(
  draft: Draft,
  stated: Stated['permissions'] & { readonly userId: string },
  changedAt: string,
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
    },
    [{ key, set: { [field]: records.permissionText(permission) } }, ...grantee],
    [
      records.users.key(userId),
      records.emails.key(email),
      records.wholesalers.key(wholesalerId),
      records.roles.key(permission.roleId),
      records.mainRoles.key(permission.mainRoleId),
    ],
  );
}

/** `permission api@distributor.no 10001 STOCK_READ distributor=20003` */
export function namePermission(email: string, { wholesalerId, roleId, scope }: Permission): string {
  return ['permission', email, wholesalerId, roleId, scopeText(scope)].join(' ').trimEnd();
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
