import type { Store } from '../store/store.ts';
import type { GrantedPermission } from './plan/owner-permissions.ts';
import * as records from './records.ts';

/** Whether a user has confirmed the address; if not, what became of the mail that asks for it. */
export type Confirmation = 'confirmed' | 'not_asked' | records.Confirmation['delivery'];

/** A permission, and whether its user's address is confirmed: until then it does not count. */
export interface ListedPermission extends GrantedPermission {
  readonly confirmation: Confirmation;
}

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
): Promise<{ readonly permissions: readonly ListedPermission[]; readonly next: string | undefined }> {
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
): Promise<readonly ListedPermission[]> {
  const all: ListedPermission[] = [];
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
): Promise<readonly ListedPermission[]> {
  if (userIds.length === 0) return [];
  const keys = userIds.flatMap((userId) => [
    records.users.key(userId),
    records.grants.key(userId),
    records.confirmations.key(userId),
  ]);
  const { records: found } = await store.read(keys);
  return userIds.flatMap((_, index) => {
    const [user, granted, asked] = found.slice(3 * index, 3 * index + 3);
    // Taken back between the list and this reading.
    if (user === undefined || granted === undefined) return [];
    const { email, confirmedAt } = records.users.decode(user);
    const delivery = asked === undefined ? 'not_asked' : records.confirmations.decode(asked).delivery;
    const confirmation = confirmedAt === undefined ? delivery : 'confirmed';
    return records.grants
      .decode(granted)
      .filter((permission) => permission.wholesalerId === wholesalerId)
      .map((permission) => Object.assign(permission, { email, confirmation } as const));
  });
}
