/** What operators define, and what rests on nobody's rights: wholesalers, API products, roles, main roles, products. */
import type { Permission } from '../model/permission.ts';
import { everyRecord } from '../store/listing.ts';
import type { Store } from '../store/store.ts';
import type { Origin } from './actor.ts';
import { change, isProblem, type Problem } from './operations.ts';
import {
  apiProductRecord,
  mainRoleRecord,
  productRecord,
  roleRecord,
  wholesalerRecord,
} from './plan/definitions.ts';
import type { Draft } from './plan/draft.ts';
import { planPermissionRemoval } from './plan/permission.ts';
import { type NamedRecord, planRecord, planRemoval } from './plan/record.ts';
import { userOf } from './plan/user.ts';
import * as records from './records.ts';

export type DefinitionProblemCode =
  | 'revision_outdated'
  | 'role_unknown'
  | 'main_role_unknown'
  | 'product_unknown'
  | 'in_use';
export type DefinitionProblem = Problem<DefinitionProblemCode>;

/** Which one, and how it was when it was read. */
export interface DefinitionTarget {
  readonly id: string;
  /** Refuse if it is at another revision by now, or gone (`If-Match`). */
  readonly revision?: number | undefined;
}

export interface Put {
  readonly result: 'created' | 'kept';
}

/** @throws StoreError */
export function putWholesaler(
  store: Store,
  origin: Origin,
  target: DefinitionTarget,
  wholesaler: { readonly name: string },
): Promise<Put | DefinitionProblem> {
  return put(store, origin, target, wholesalerRecord, () => records.wholesalers.encode(wholesaler));
}

/** @throws StoreError */
export function putApiProduct(
  store: Store,
  origin: Origin,
  target: DefinitionTarget,
  { apis }: { readonly apis: readonly string[] },
): Promise<Put | DefinitionProblem> {
  return put(store, origin, target, apiProductRecord, () => records.apiProducts.encode({ apis: [...apis] }));
}

/** @throws StoreError */
export function putRole(
  store: Store,
  origin: Origin,
  target: DefinitionTarget,
  role: { readonly api: string; readonly httpVerb: string; readonly description: string },
): Promise<Put | DefinitionProblem> {
  return put(store, origin, target, roleRecord, (changedAt) => records.roles.encode({ ...role, changedAt }));
}

/**
 * Says which roles a main role suggests. Permissions that came by it stay as they are.
 * @throws StoreError
 */
export function putMainRole(
  store: Store,
  origin: Origin,
  target: DefinitionTarget,
  { roles, description }: { readonly roles: readonly string[]; readonly description: string },
): Promise<Put | DefinitionProblem> {
  const encode = (changedAt: string) =>
    records.mainRoles.encode({ roles: [...roles], description, changedAt });
  const basis = roles.map((roleId) => records.roles.key(roleId));
  return put(store, origin, target, mainRoleRecord, encode, basis);
}

/** @throws StoreError */
export function putProduct(
  store: Store,
  origin: Origin,
  target: DefinitionTarget,
  attributes: Readonly<Record<string, string>>,
): Promise<Put | DefinitionProblem> {
  return put(store, origin, target, productRecord, () => attributes);
}

/** @param basis keys of the roles that it names */
function put(
  store: Store,
  origin: Origin,
  { id, revision }: DefinitionTarget,
  recordOf: (id: string) => NamedRecord,
  encode: (changedAt: string) => records.Fields,
  basis: readonly string[] = [],
): Promise<Put | DefinitionProblem> {
  return change(store, origin, async (draft): Promise<Put | DefinitionProblem> => {
    const named = recordOf(id);
    await draft.load([named.key, ...basis]);
    if (isOutdated(draft, named, revision)) return outdated();
    if (basis.some((key) => draft.get(key) === undefined)) {
      return { code: 'role_unknown', detail: 'It names a role that is not there.' };
    }
    const result = draft.get(named.key) === undefined ? 'created' : 'kept';
    planRecord(draft, named, encode(draft.now), basis);
    return { result };
  });
}

/** @throws StoreError */
export function deleteProduct(
  store: Store,
  origin: Origin,
  target: DefinitionTarget,
): Promise<{ readonly id: string } | DefinitionProblem> {
  return remove(store, origin, target, productRecord, 'product_unknown', async () => []);
}

/**
 * Removes a role that no main role suggests, and that nobody has a permission of.
 * @throws StoreError
 */
export function deleteRole(
  store: Store,
  origin: Origin,
  target: DefinitionTarget,
): Promise<{ readonly id: string } | DefinitionProblem> {
  return deleteUnused(
    store,
    origin,
    target,
    roleRecord,
    'role_unknown',
    ({ roleId }) => roleId === target.id,
  );
}

/**
 * Removes a main role by which nobody has a permission.
 * @throws StoreError
 */
export function deleteMainRole(
  store: Store,
  origin: Origin,
  target: DefinitionTarget,
): Promise<{ readonly id: string } | DefinitionProblem> {
  const isOfIt = ({ mainRoleId }: Permission): boolean => mainRoleId === target.id;
  return deleteUnused(store, origin, target, mainRoleRecord, 'main_role_unknown', isOfIt);
}

/** Looks through every permission, before and after: one that was given meanwhile must not stay without its role. */
async function deleteUnused(
  store: Store,
  origin: Origin,
  target: DefinitionTarget,
  recordOf: (id: string) => NamedRecord,
  unknown: DefinitionProblemCode,
  isOfIt: (permission: Permission) => boolean,
): Promise<{ readonly id: string } | DefinitionProblem> {
  for await (const _ of usersWith(store, isOfIt)) {
    return { code: 'in_use', detail: 'There are permissions of it: take them back first.' };
  }
  const result = await remove(store, origin, target, recordOf, unknown, async (draft) => {
    await draft.loadAll(records.mainRoles.prefix);
    const mainRoles = draft.all(records.mainRoles.prefix);
    const isSuggested = mainRoles.some(
      (record) => unknown === 'role_unknown' && records.mainRoles.decode(record).roles.includes(target.id),
    );
    if (isSuggested) return { code: 'in_use', detail: 'A main role suggests it: take it from there first.' };
    return mainRoles.map(({ key }) => key);
  });
  if (isProblem(result)) return result;
  for await (const userId of usersWith(store, isOfIt)) {
    await change(store, origin, (draft) => planSweep(draft, userId, isOfIt));
  }
  return result;
}

async function* usersWith(store: Store, isOfIt: (permission: Permission) => boolean): AsyncGenerator<string> {
  for await (const record of everyRecord(store, records.grants.prefix)) {
    if (records.grants.decode(record).some(isOfIt)) yield record.key.slice(records.grants.prefix.length);
  }
}

async function planSweep(
  draft: Draft,
  userId: string,
  isOfIt: (permission: Permission) => boolean,
): Promise<void> {
  const key = records.grants.key(userId);
  await draft.load([key, records.users.key(userId)]);
  const record = draft.get(key);
  const permissions = record === undefined ? [] : records.grants.decode(record).filter(isOfIt);
  await draft.load(permissions.map(({ wholesalerId }) => records.grantees.key(wholesalerId, userId)));
  for (const permission of permissions) {
    planPermissionRemoval(draft, userOf(draft, userId).email, userId, permission);
  }
}

/** @param basisOf the keys of the records on which it rests that the thing may go, or why it may not */
function remove(
  store: Store,
  origin: Origin,
  { id, revision }: DefinitionTarget,
  recordOf: (id: string) => NamedRecord,
  unknown: DefinitionProblemCode,
  basisOf: (draft: Draft) => Promise<readonly string[] | DefinitionProblem>,
): Promise<{ readonly id: string } | DefinitionProblem> {
  return change(store, origin, async (draft): Promise<{ readonly id: string } | DefinitionProblem> => {
    const named = recordOf(id);
    await draft.load([named.key]);
    if (draft.get(named.key) === undefined) return { code: unknown, detail: 'There is no such thing.' };
    if (isOutdated(draft, named, revision)) return outdated();
    const basis = await basisOf(draft);
    if (isProblem(basis)) return basis;
    planRemoval(
      draft,
      named,
      basis.filter((key) => key !== named.key),
    );
    return { id };
  });
}

function isOutdated(draft: Draft, { key }: NamedRecord, revision: number | undefined): boolean {
  return revision !== undefined && draft.get(key)?.revision !== revision;
}

function outdated(): DefinitionProblem {
  return { code: 'revision_outdated', detail: 'It has changed since it was read.' };
}
