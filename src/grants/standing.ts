import type { Grant, Identity, Scope } from '../model/identity.ts';

/** How a caller stands to the data of one owner. */
export interface Standing {
  /** The caller is the owner's primary contact. */
  readonly owned: boolean;
  /** What the owner has granted and counts now, of the roles asked for. */
  readonly grants: readonly { readonly roleId: string; readonly scope: Scope }[];
  /** The first instant (ms since the epoch) at which one of these grants no longer counts; undefined: never. */
  readonly until: number | undefined;
}

const NOTHING: Standing = Object.freeze({ owned: false, grants: [], until: undefined });

/**
 * Joins a caller's rights to an owner.
 *
 * @param ownerId '' is nobody: nothing that nobody owns is anyone's to see
 * @param roleIds the roles that count on the route
 * @param now ms since the epoch
 */
export function standing(
  identity: Identity,
  ownerId: string,
  roleIds: readonly string[],
  now: number,
): Standing {
  if (ownerId === '') return NOTHING;
  const live = (grantsByOwner(identity).get(ownerId) ?? []).filter(
    (grant) => roleIds.includes(grant.roleId) && isLive(grant, now),
  );
  const ends = live.flatMap(({ endsAt }) => endsAt ?? []);
  return {
    owned: identity.owns.includes(ownerId),
    grants: live.map(({ roleId, scope }) => ({ roleId, scope })),
    until: ends.length > 0 ? Math.min(...ends) : undefined,
  };
}

/** Of some roles, those that the caller holds now from at least one owner. */
export function heldRoles(identity: Identity, roleIds: readonly string[], now: number): readonly string[] {
  return roleIds.filter((roleId) =>
    identity.grants.some((grant) => grant.roleId === roleId && isLive(grant, now)),
  );
}

function isLive({ endsAt }: Grant, now: number): boolean {
  return endsAt === undefined || now < endsAt;
}

/** A page names many owners, and an identity may have thousands of grants. Identities never change. */
const indexes = new WeakMap<Identity, ReadonlyMap<string, readonly Grant[]>>();

function grantsByOwner(identity: Identity): ReadonlyMap<string, readonly Grant[]> {
  let index = indexes.get(identity);
  if (index === undefined) {
    index = Map.groupBy(identity.grants, ({ wholesalerId }) => wholesalerId);
    indexes.set(identity, index);
  }
  return index;
}
