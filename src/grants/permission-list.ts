import type { Store } from '../store/store.ts';
import type { GrantedPermission } from './plan/owner-permissions.ts';
import * as records from './records.ts';

/** Users whose records are read in one call. */
const BATCH = 1000;

/**
 * What one wholesaler has granted, user by user, a user's permissions by role. Reads no other records than those of
 * its own users.
 *
 * @param page.after a user's id, to go on after
 * @param page.users the most users to tell of
 * @throws StoreError
 */
export async function listPermissions(
  store: Store,
  wholesalerId: string,
  page: { readonly after?: string | undefined; readonly users: number },
): Promise<{ readonly permissions: readonly GrantedPermission[]; readonly next: string | undefined }> {
  const prefix = records.grantees.key(wholesalerId, '');
  const after = page.after === undefined ? {} : { after: prefix + page.after };
  const listed = await store.list(prefix, { ...after, limit: page.users });
  const userIds = listed.records.map(({ key }) => key.slice(prefix.length));
  const next = userIds.length < page.users ? undefined : userIds.at(-1);
  return { permissions: await permissionsOfUsers(store, wholesalerId, userIds), next };
}

/** All that one wholesaler has granted. */
export async function allPermissions(
  store: Store,
  wholesalerId: string,
): Promise<readonly GrantedPermission[]> {
  const all: GrantedPermission[] = [];
  let after: string | undefined;
  do {
    const { permissions, next } = await listPermissions(store, wholesalerId, { after, users: BATCH });
    all.push(...permissions);
    after = next;
  } while (after !== undefined);
  return all;
}

async function permissionsOfUsers(
  store: Store,
  wholesalerId: string,
  userIds: readonly string[],
): Promise<readonly GrantedPermission[]> {
  if (userIds.length === 0) return [];
  const keys = userIds.flatMap((userId) => [records.users.key(userId), records.grants.key(userId)]);
  const { records: found } = await store.read(keys);
  return userIds.flatMap((_, index) => {
    const user = found[2 * index];
    const granted = found[2 * index + 1];
    // Taken back between the list and this reading.
    if (user === undefined || granted === undefined) return [];
    const { email } = records.users.decode(user);
    return records.grants
      .decode(granted)
      .filter((permission) => permission.wholesalerId === wholesalerId)
      .map((permission) => Object.assign(permission, { email }));
  });
}
