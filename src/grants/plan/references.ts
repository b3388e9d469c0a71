import type { FileFault } from '../../config/file-fault.ts';
import type { YamlPath } from '../../config/yaml-file.ts';
import * as records from '../records.ts';
import type { State } from '../state.ts';
import type { Entry, Stated } from '../state-schema.ts';
import { hashSubscriptionKey, type Peppers } from '../subscription-key.ts';
import type { Draft } from './draft.ts';
import { userIdOf } from './loading.ts';
import { statedSubscriptions } from './subscription.ts';

/**
 * What a state names that neither it nor the store has (or that would be pruned), and what it asks for that the
 * store does not allow.
 */
export function faultsOfReferences(
  draft: Draft,
  state: State,
  peppers: Peppers,
  prune: boolean,
): readonly FileFault[] {
  const { sections } = state;
  const known = new KnownNames(draft, state, prune);
  const faults: FileFault[] = [];
  const refuse = (path: YamlPath, message: string): void => {
    faults.push(state.fault(path, message));
  };
  for (const { value, path } of sections.mainRoles ?? []) {
    for (const [index, roleId] of value.roles.entries()) {
      if (!known.has('roles', roleId)) refuse([...path, 'roles', index], 'there is no such role');
    }
  }
  for (const { value, path } of sections.subscriptions ?? []) {
    if (!known.has('users', value.email)) refuse([...path, 'email'], 'there is no such user');
    if (!known.has('apiProducts', value.apiProduct))
      refuse([...path, 'apiProduct'], 'there is no such API product');
  }
  for (const { value, path } of sections.permissions ?? []) {
    const { email, accessToWholesaler, roleId, mainRoleId } = value;
    if (!known.has('users', email)) refuse([...path, 'email'], 'there is no such user');
    if (!known.has('wholesalers', accessToWholesaler)) {
      refuse([...path, 'accessToWholesaler'], 'there is no such wholesaler');
    }
    const roleKnown = known.has('roles', roleId);
    if (!roleKnown) refuse([...path, 'roleId'], 'there is no such role');
    if (!known.has('mainRoles', mainRoleId)) refuse([...path, 'mainRoleId'], 'there is no such main role');
    else if (roleKnown && known.rolesOf(mainRoleId)?.includes(roleId) === false) {
      refuse([...path, 'roleId'], 'its main role does not have this role');
    }
  }
  for (const subscription of sections.subscriptions ?? []) {
    for (const { path, message } of faultsOfSubscription(draft, subscription, peppers)) refuse(path, message);
  }
  return faults;
}

function faultsOfSubscription(
  draft: Draft,
  { value, path }: Entry<Stated['subscriptions']>,
  peppers: Peppers,
): readonly { readonly path: YamlPath; readonly message: string }[] {
  const userId = userIdOf(draft, value.email);
  const same = userId === undefined ? [] : statedSubscriptions(draft, userId, value.apiProduct);
  if (same.length > 1) {
    return [
      { path, message: 'the store has several such subscriptions: this file cannot tell which it means' },
    ];
  }
  return (['primaryKey', 'secondaryKey'] as const).flatMap((slot) => {
    const key = value[slot];
    const known = peppers.flatMap((pepper) => {
      const record = key && draft.get(records.keys.key(hashSubscriptionKey(key, pepper)));
      return record === undefined ? [] : [records.keys.decode(record)];
    });
    if (known.some((record) => record.slot === 'revoked')) {
      return [{ path: [...path, slot], message: 'this key was revoked' }];
    }
    return known.some(({ subscriptionId }) => subscriptionId !== same[0]?.id)
      ? [{ path: [...path, slot], message: 'this key belongs to another subscription' }]
      : [];
  });
}

/** The names that a state may refer to. */
class KnownNames {
  readonly #draft: Draft;
  readonly #state: State;
  readonly #prune: boolean;
  readonly #stated: ReadonlySet<string>;
  readonly #mainRoles: ReadonlyMap<string, readonly string[]>;

  constructor(draft: Draft, state: State, prune: boolean) {
    this.#draft = draft;
    this.#state = state;
    this.#prune = prune;
    const { sections } = state;
    this.#stated = new Set(
      (sections.wholesalers ?? []).flatMap(({ value }) =>
        value.primaryEmails.map((email) => `users/${email}`),
      ),
    );
    this.#mainRoles = new Map((sections.mainRoles ?? []).map(({ value }) => [value.mainRoleId, value.roles]));
  }

  has(section: keyof typeof KEYS, name: string): boolean {
    if (this.#state.declares(section, name) || this.#stated.has(`${section}/${name}`)) return true;
    const willBePruned = this.#prune && this.#state.sections[section] !== undefined;
    return !willBePruned && this.#draft.get(KEYS[section](name)) !== undefined;
  }

  /** The roles of a main role; undefined where they can't be read. */
  rolesOf(mainRoleId: string): readonly string[] | undefined {
    if (this.#state.declares('mainRoles', mainRoleId)) return this.#mainRoles.get(mainRoleId);
    const record = this.#draft.get(records.mainRoles.key(mainRoleId));
    return record && records.mainRoles.decode(record).roles;
  }
}

const KEYS = {
  wholesalers: (id: string) => records.wholesalers.key(id),
  apiProducts: (name: string) => records.apiProducts.key(name),
  roles: (roleId: string) => records.roles.key(roleId),
  mainRoles: (mainRoleId: string) => records.mainRoles.key(mainRoleId),
  users: (email: string) => records.emails.key(email),
};
