import type { Scope } from '../model/identity.ts';
import type { Permission } from '../model/permission.ts';
import { everyRecord } from '../store/listing.ts';
import { type Store, type StoredRecord } from '../store/store.ts';
import { namePermission } from './plan/permission.ts';
import * as records from './records.ts';
import type { State } from './state.ts';
import type { Stated } from './state-schema.ts';

/** Records that are read in one call: others wait behind it. */
const BATCH = 1000;

/** What a store holds that a state file does not name, in the sections that it has. The catalog is left out. */
export interface Beside {
  /** How many of each thing, those of which there is none left out. */
  readonly counts: readonly { readonly noun: string; readonly count: number }[];
  /**
   * Active permissions of a user, wholesaler and role that the file does speak of: whoever narrowed a permission in
   * the file meant these to go.
   */
  readonly permissions: readonly BesidePermission[];
}

export interface BesidePermission {
  /** The stated one: `permission api@distributor.no 10001 STOCK_READ distributor=20003`. */
  readonly stated: string;
  readonly scope: Scope;
  /** Whether it admits all that the stated one does, and more. */
  readonly wider: boolean;
}

/**
 * Compares a store to a state that was applied to it. Reads every record of the kinds that the file has sections for
 * (and for permissions, of all users), a batch at a time.
 */
export async function besideState(store: Store, state: State): Promise<Beside> {
  const userIds = await readUserIds(store, state);
  const counts: { noun: string; count: number }[] = [];
  for (const { noun, prefix, named } of namedRecords(state, userIds)) {
    if (named !== undefined) counts.push({ noun, count: await countUnnamed(store, prefix, new Set(named)) });
  }
  const { subscriptions, permissions } = state.sections;
  counts.push({ noun: 'subscription', count: await countSubscriptions(store, subscriptions, userIds) });
  const unnamed = await unnamedPermissions(store, permissions, userIds);
  counts.push({ noun: 'permission', count: unnamed.count });
  return { counts: counts.filter(({ count }) => count > 0), permissions: unnamed.ofStated };
}

/** The kinds whose records' keys say what they are, with the keys that the file names, if it has the section. */
function namedRecords(
  { sections }: State,
  userIds: UserIds,
): readonly {
  readonly noun: string;
  readonly prefix: string;
  readonly named: readonly string[] | undefined;
}[] {
  const { wholesalers, apiProducts, roles, mainRoles, users } = sections;
  const primaries = wholesalers?.flatMap(({ value: { id, primaryEmails } }) =>
    primaryEmails.map((email) => ({ wholesalerId: id, userId: userIds.get(email) ?? '' })),
  );
  return [
    {
      noun: 'wholesaler',
      prefix: records.wholesalers.prefix,
      named: wholesalers?.map(({ value }) => records.wholesalers.key(value.id)),
    },
    {
      noun: 'primary email',
      prefix: records.primaries.prefix,
      named: primaries?.map(({ wholesalerId, userId }) => records.primaries.key(wholesalerId, userId)),
    },
    {
      noun: 'API product',
      prefix: records.apiProducts.prefix,
      named: apiProducts?.map(({ value }) => records.apiProducts.key(value.name)),
    },
    {
      noun: 'role',
      prefix: records.roles.prefix,
      named: roles?.map(({ value }) => records.roles.key(value.roleId)),
    },
    {
      noun: 'main role',
      prefix: records.mainRoles.prefix,
      named: mainRoles?.map(({ value }) => records.mainRoles.key(value.mainRoleId)),
    },
    {
      noun: 'user',
      prefix: records.users.prefix,
      named: users && [
        ...users.map(({ value }) => records.users.key(userIds.get(value.email) ?? '')),
        ...(primaries ?? []).map(({ userId }) => records.users.key(userId)),
      ],
    },
  ];
}

type UserIds = ReadonlyMap<string, string>;
type Entries<Name extends keyof Stated> = NonNullable<State['sections'][Name]>;

/** Whose the addresses are that the file names. */
async function readUserIds(store: Store, { sections }: State): Promise<UserIds> {
  const { wholesalers, users, subscriptions, permissions } = sections;
  const emails = new Set([
    ...(wholesalers ?? []).flatMap(({ value }) => value.primaryEmails),
    ...[users, subscriptions, permissions].flatMap((entries) =>
      (entries ?? []).map(({ value }) => value.email),
    ),
  ]);
  const userIds = new Map<string, string>();
  const wanted = [...emails];
  for (let start = 0; start < wanted.length; start += BATCH) {
    const batch = wanted.slice(start, start + BATCH);
    const read = await store.read(batch.map((email) => records.emails.key(email)));
    for (const [index, email] of batch.entries()) {
      const record = read.records[index];
      if (record !== undefined) userIds.set(email, records.emails.decode(record).userId);
    }
  }
  return userIds;
}

async function countUnnamed(store: Store, prefix: string, named: ReadonlySet<string>): Promise<number> {
  let count = 0;
  for await (const { key } of everyRecord(store, prefix)) if (!named.has(key)) count += 1;
  return count;
}

async function countSubscriptions(
  store: Store,
  stated: Entries<'subscriptions'> | undefined,
  userIds: UserIds,
): Promise<number> {
  if (stated === undefined) return 0;
  const named = new Set(stated.map(({ value }) => `${userIds.get(value.email) ?? ''} ${value.apiProduct}`));
  let count = 0;
  for await (const record of everyRecord(store, records.subscriptions.prefix)) {
    const { userId, apiProduct } = records.subscriptions.decode(record);
    if (!named.has(`${userId} ${apiProduct}`)) count += 1;
  }
  return count;
}

async function unnamedPermissions(
  store: Store,
  stated: Entries<'permissions'> | undefined,
  userIds: UserIds,
): Promise<{ readonly count: number; readonly ofStated: readonly BesidePermission[] }> {
  if (stated === undefined) return { count: 0, ofStated: [] };
  const byUser = Map.groupBy(stated, ({ value }) => userIds.get(value.email) ?? '');
  const ofStated: BesidePermission[] = [];
  let count = 0;
  for await (const record of everyRecord(store, records.grants.prefix)) {
    const ofUser = byUser.get(record.key.slice(records.grants.prefix.length)) ?? [];
    for (const permission of unnamedOf(record, ofUser)) {
      count += 1;
      const beside = permission.active ? besideStated(permission, ofUser) : undefined;
      if (beside !== undefined) ofStated.push(beside);
    }
  }
  return { count, ofStated };
}

function unnamedOf(record: StoredRecord, stated: Entries<'permissions'>): readonly Permission[] {
  const named = new Set(
    stated.map(({ value }) => records.permissionField({ ...value, wholesalerId: value.accessToWholesaler })),
  );
  return records.grants
    .decode(record)
    .filter((permission) => !named.has(records.permissionField(permission)));
}

/** Says beside which stated permission one stands: a narrower one, if there is any. */
function besideStated(permission: Permission, stated: Entries<'permissions'>): BesidePermission | undefined {
  const { wholesalerId, roleId, scope } = permission;
  const same = stated.filter(
    ({ value }) => value.accessToWholesaler === wholesalerId && value.roleId === roleId,
  );
  const narrower = same.find(({ value }) => admitsAllOf(scope, value.scope));
  const [{ value } = { value: undefined }] = narrower === undefined ? same : [narrower];
  if (value === undefined) return undefined;
  const name = namePermission(value.email, { ...permission, scope: value.scope });
  return { stated: name, scope, wider: narrower !== undefined };
}

/** Whether one scope admits whatever another does. */
function admitsAllOf(scope: Scope, other: Scope): boolean {
  return Object.entries(scope).every(([attribute, values]) =>
    other[attribute]?.every((value) => values.includes(value)),
  );
}
