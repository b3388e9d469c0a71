import { PRODUCT_PREFIX, productKey } from '../../catalog/product.ts';
import * as records from '../records.ts';
import type { State } from '../state.ts';
import { hashSubscriptionKey, type Peppers } from '../subscription-key.ts';
import { loadConfirmations } from './confirmation.ts';
import type { Draft } from './draft.ts';
import { keysOf } from './subscription-changes.ts';

/** Reads into a draft whatever in the store a state can change or rests on; all there is, where it prunes. */
export async function loadFor(draft: Draft, state: State, peppers: Peppers, prune: boolean): Promise<void> {
  await draft.load([...keysOfDefinitions(state), ...keysOfGivenKeys(state, peppers)]);
  if (prune) await loadEverything(draft);
  const userIds = emailsOf(state).flatMap((email) => userIdOf(draft, email) ?? []);
  await draft.load(
    userIds.flatMap((id) => [records.users.key(id), records.grants.key(id), records.subscribers.key(id)]),
  );
  await draft.load(keysOfRelations(draft, state, userIds));
  await loadConfirmations(draft, userIds);
  await loadSubscriptions(draft, userIds);
  if (state.products === undefined) return;
  if (prune) await draft.loadAll(PRODUCT_PREFIX);
  else await draft.load(state.products.map(({ productId }) => productKey(productId)));
}

/** The addresses that a state speaks of. */
function emailsOf({ sections }: State): readonly string[] {
  const named = [sections.users, sections.subscriptions, sections.permissions].flatMap((entries) =>
    (entries ?? []).map(({ value }) => value.email),
  );
  const primaries = (sections.wholesalers ?? []).flatMap(({ value }) => value.primaryEmails);
  return [...new Set([...primaries, ...named])];
}

/** Whose an address is, as far as the draft knows. */
export function userIdOf(draft: Draft, email: string): string | undefined {
  const record = draft.get(records.emails.key(email));
  return record && records.emails.decode(record).userId;
}

function keysOfDefinitions(state: State): readonly string[] {
  const { wholesalers, apiProducts, roles, mainRoles, subscriptions, permissions } = state.sections;
  return [
    ...emailsOf(state).map((email) => records.emails.key(email)),
    ...(wholesalers ?? []).map(({ value }) => records.wholesalers.key(value.id)),
    ...(apiProducts ?? []).map(({ value }) => records.apiProducts.key(value.name)),
    ...(roles ?? []).map(({ value }) => records.roles.key(value.roleId)),
    ...(mainRoles ?? []).map(({ value }) => records.mainRoles.key(value.mainRoleId)),
    ...(mainRoles ?? []).flatMap(({ value }) => value.roles.map((roleId) => records.roles.key(roleId))),
    ...(subscriptions ?? []).map(({ value }) => records.apiProducts.key(value.apiProduct)),
    ...(permissions ?? []).flatMap(({ value }) => [
      records.wholesalers.key(value.accessToWholesaler),
      records.roles.key(value.roleId),
      records.mainRoles.key(value.mainRoleId),
    ]),
  ];
}

function keysOfGivenKeys({ sections }: State, peppers: Peppers): readonly string[] {
  return (sections.subscriptions ?? []).flatMap(({ value: { primaryKey, secondaryKey } }) =>
    [primaryKey, secondaryKey].flatMap((key) =>
      key === undefined ? [] : peppers.map((pepper) => records.keys.key(hashSubscriptionKey(key, pepper))),
    ),
  );
}

function keysOfRelations(draft: Draft, { sections }: State, userIds: readonly string[]): readonly string[] {
  const owned = userIds.flatMap((userId) => {
    const record = draft.get(records.users.key(userId));
    const owns = record && records.users.decode(record).owns;
    return owns === undefined ? [] : [records.primaries.key(owns, userId)];
  });
  const primaries = (sections.wholesalers ?? []).flatMap(({ value: { id, primaryEmails } }) =>
    primaryEmails.map((email) => ({ email, key: (userId: string) => records.primaries.key(id, userId) })),
  );
  const grantees = (sections.permissions ?? []).map(({ value: { email, accessToWholesaler } }) => ({
    email,
    key: (userId: string) => records.grantees.key(accessToWholesaler, userId),
  }));
  const related = [...primaries, ...grantees].flatMap(({ email, key }) => {
    const userId = userIdOf(draft, email);
    return userId === undefined ? [] : [key(userId)];
  });
  return [...owned, ...related];
}

async function loadSubscriptions(draft: Draft, userIds: readonly string[]): Promise<void> {
  const ids = userIds.flatMap((userId) => subscriptionsOf(draft, userId).map(({ id }) => id));
  await draft.load(ids.map((id) => records.subscriptions.key(id)));
  await draft.load(
    ids.flatMap((id) => {
      const record = draft.get(records.subscriptions.key(id));
      const subscription = record && records.subscriptions.decode(record);
      return [...keysOf(subscription).keys()].map((stored) => records.keys.key(stored));
    }),
  );
}

/** A user's subscriptions, as far as the draft knows. */
export function subscriptionsOf(
  draft: Draft,
  userId: string,
): readonly { readonly id: string; readonly apiProduct: string }[] {
  const record = draft.get(records.subscribers.key(userId));
  const products = record === undefined ? {} : records.subscribers.decode(record);
  return Object.entries(products).map(([id, apiProduct]) => ({ id, apiProduct }));
}

async function loadEverything(draft: Draft): Promise<void> {
  for (const { prefix } of [
    records.wholesalers,
    records.primaries,
    records.users,
    records.emails,
    records.apiProducts,
    records.roles,
    records.mainRoles,
    records.subscriptions,
    records.subscribers,
    records.keys,
    records.lastUses,
    records.confirmations,
    records.confirmationTokens,
    records.grants,
    records.grantees,
  ]) {
    await draft.loadAll(prefix);
  }
}
