import { decodeProduct, PRODUCT_PREFIX } from '../../catalog/product.ts';
import type { Permission } from '../../model/permission.ts';
import * as records from '../records.ts';
import type { State } from '../state.ts';
import {
  apiProductRecord,
  mainRoleRecord,
  productRecord,
  roleRecord,
  wholesalerRecord,
} from './definitions.ts';
import type { Draft } from './draft.ts';
import { userIdOf } from './loading.ts';
import { planPermissionRemoval } from './permission.ts';
import { planRecord, planRemoval } from './record.ts';
import { planPrimaryRemoval, planSubscriptionRemoval, planUserRemoval } from './removal.ts';
import { userOf } from './user.ts';

/**
 * Adds to a draft the removal of what a state does not name, in each section that the state has; a section that is
 * left out is left alone. Whatever hangs on a thing that goes, goes too: a permission whose role were defined again
 * later must not come to life by it.
 */
export function planPruning(draft: Draft, state: State, now: string): void {
  const pruning = new Pruning(draft, state);
  pruning.permissions();
  pruning.subscriptions();
  pruning.primaryEmails();
  pruning.users();
  pruning.rolesOfMainRoles(now);
  pruning.definitions();
  pruning.products();
}

class Pruning {
  readonly #draft: Draft;
  readonly #state: State;
  /** Keys of the records of wholesalers, users, API products, roles and main roles that go. */
  readonly #gone: ReadonlySet<string>;

  constructor(draft: Draft, state: State) {
    this.#draft = draft;
    this.#state = state;
    const { wholesalers, apiProducts, roles, mainRoles, users } = state.sections;
    const emails = [
      ...(users ?? []).map(({ value }) => value.email),
      ...(wholesalers ?? []).flatMap(({ value }) => value.primaryEmails),
    ];
    this.#gone = new Set([
      ...this.#unnamed(
        records.wholesalers,
        wholesalers?.map(({ value }) => value.id),
      ),
      ...this.#unnamed(
        records.apiProducts,
        apiProducts?.map(({ value }) => value.name),
      ),
      ...this.#unnamed(
        records.roles,
        roles?.map(({ value }) => value.roleId),
      ),
      ...this.#unnamed(
        records.mainRoles,
        mainRoles?.map(({ value }) => value.mainRoleId),
      ),
      ...this.#unnamed(records.users, users && emails.flatMap((email) => userIdOf(draft, email) ?? [])),
    ]);
  }

  permissions(): void {
    const { permissions } = this.#state.sections;
    const named = new Set(
      permissions?.map(({ value }) => {
        const userId = userIdOf(this.#draft, value.email) ?? '';
        return `${userId} ${records.permissionField({ ...value, wholesalerId: value.accessToWholesaler })}`;
      }),
    );
    for (const record of this.#draft.all(records.grants.prefix)) {
      const userId = record.key.slice(records.grants.prefix.length);
      for (const permission of records.grants.decode(record)) {
        const isNamed =
          permissions === undefined || named.has(`${userId} ${records.permissionField(permission)}`);
        if (!isNamed || this.#hangsOnGone(userId, permission)) {
          planPermissionRemoval(this.#draft, this.#emailOf(userId), userId, permission);
        }
      }
    }
  }

  subscriptions(): void {
    const { subscriptions } = this.#state.sections;
    const named = new Set(
      subscriptions?.map(({ value }) => `${userIdOf(this.#draft, value.email) ?? ''} ${value.apiProduct}`),
    );
    for (const record of this.#draft.all(records.subscriptions.prefix)) {
      const subscription = records.subscriptions.decode(record);
      const { userId, apiProduct } = subscription;
      const isNamed = subscriptions === undefined || named.has(`${userId} ${apiProduct}`);
      const hangsOnGone =
        this.#gone.has(records.users.key(userId)) || this.#gone.has(records.apiProducts.key(apiProduct));
      if (isNamed && !hangsOnGone) continue;
      const subscriptionId = record.key.slice(records.subscriptions.prefix.length);
      planSubscriptionRemoval(this.#draft, subscriptionId, subscription);
    }
  }

  primaryEmails(): void {
    const named = new Set(
      this.#state.sections.wholesalers?.flatMap(({ value }) =>
        value.primaryEmails.map((email) =>
          records.primaries.key(value.id, userIdOf(this.#draft, email) ?? ''),
        ),
      ),
    );
    for (const { key } of this.#draft.all(records.primaries.prefix)) {
      const [wholesalerId = '', userId = ''] = key.slice(records.primaries.prefix.length).split('/');
      const isNamed = this.#state.sections.wholesalers === undefined || named.has(key);
      if (isNamed && !this.#gone.has(records.users.key(userId))) continue;
      planPrimaryRemoval(this.#draft, wholesalerId, userId);
    }
  }

  users(): void {
    for (const { key } of this.#draft.all(records.users.prefix)) {
      if (this.#gone.has(key)) planUserRemoval(this.#draft, key.slice(records.users.prefix.length));
    }
  }

  rolesOfMainRoles(changedAt: string): void {
    for (const record of this.#draft.all(records.mainRoles.prefix)) {
      const { roles, description } = records.mainRoles.decode(record);
      const left = roles.filter((roleId) => !this.#gone.has(records.roles.key(roleId)));
      if (left.length === roles.length || this.#gone.has(record.key)) continue;
      planRecord(
        this.#draft,
        mainRoleRecord(record.key.slice(records.mainRoles.prefix.length)),
        records.mainRoles.encode({ roles: left, description, changedAt }),
      );
    }
  }

  definitions(): void {
    const kinds = [
      [records.mainRoles.prefix, mainRoleRecord],
      [records.roles.prefix, roleRecord],
      [records.apiProducts.prefix, apiProductRecord],
      [records.wholesalers.prefix, wholesalerRecord],
    ] as const;
    for (const [prefix, recordOf] of kinds) {
      for (const { key } of this.#draft.all(prefix)) {
        if (this.#gone.has(key)) planRemoval(this.#draft, recordOf(key.slice(prefix.length)));
      }
    }
  }

  products(): void {
    if (this.#state.products === undefined) return;
    const named = new Set(this.#state.products.map(({ productId }) => productId));
    for (const record of this.#draft.all(PRODUCT_PREFIX)) {
      const { productId } = decodeProduct(record);
      if (!named.has(productId)) planRemoval(this.#draft, productRecord(productId));
    }
  }

  /** Keys of the records of a kind that a section, if there is one, does not name. */
  #unnamed(
    kind: { readonly prefix: string; key(id: string): string },
    ids: readonly string[] | undefined,
  ): readonly string[] {
    if (ids === undefined) return [];
    const named = new Set(ids.map((id) => kind.key(id)));
    return this.#draft.all(kind.prefix).flatMap(({ key }) => (named.has(key) ? [] : [key]));
  }

  #hangsOnGone(userId: string, { wholesalerId, roleId, mainRoleId }: Permission): boolean {
    return [
      records.users.key(userId),
      records.wholesalers.key(wholesalerId),
      records.roles.key(roleId),
      records.mainRoles.key(mainRoleId),
    ].some((key) => this.#gone.has(key));
  }

  #emailOf(userId: string): string {
    return userOf(this.#draft, userId).email;
  }
}
