import { decodeProduct, PRODUCT_PREFIX } from '../catalog/product.ts';
import { everyRecord } from '../store/listing.ts';
import type { Store, StoredRecord } from '../store/store.ts';
import * as records from './records.ts';

const HEAD = `# What the store held when \`fullmakt export\` was run; \`fullmakt apply -f\` takes it back.
#
# Left out: the keys of subscriptions, of which the store has hashes alone (applied to a store that has the
# subscriptions, this leaves their keys as they are; applied to another, new keys are made and told), subscriptions
# that were cancelled, the account of changes, and mails that wait to be sent.
`;

/** Users that are read in one call. */
const BATCH = 500;

/** One user, and what hangs on the user. */
interface UserRecords {
  readonly email: string;
  readonly user: ReturnType<typeof records.users.decode>;
  readonly subscriptions: readonly records.Subscription[];
  readonly granted: StoredRecord | undefined;
}

/**
 * Writes what a store holds as a state file, line by line, an entry a line, by name: the same content gives the same
 * text. Each batch is as the store stands when it is read.
 *
 * @throws StoreError
 */
export async function* exportState(store: Store): AsyncGenerator<string> {
  yield HEAD;
  yield* section('wholesalers', wholesalers(store));
  yield* section('apiProducts', apiProducts(store));
  yield* section('roles', roles(store));
  yield* section('mainRoles', mainRoles(store));
  yield* section('users', users(store));
  yield* section('subscriptions', subscriptions(store));
  yield* section('permissions', permissions(store));
  yield* section('catalog', catalog(store));
}

async function* section(name: string, entries: AsyncIterable<object>): AsyncGenerator<string> {
  let isEmpty = true;
  for await (const entry of entries) {
    // JSON is YAML, and leaves no doubt of what is a text.
    yield `${isEmpty ? `${name}:\n` : ''}  - ${JSON.stringify(entry)}\n`;
    isEmpty = false;
  }
  if (isEmpty) yield `${name}: []\n`;
}

async function* wholesalers(store: Store): AsyncGenerator<object> {
  const { prefix } = records.wholesalers;
  for await (const record of everyRecord(store, prefix)) {
    const id = record.key.slice(prefix.length);
    const ofIt = records.primaries.key(id, '');
    const primaryEmails: string[] = [];
    for await (const { key } of everyRecord(store, ofIt)) {
      const [user] = (await store.read([records.users.key(key.slice(ofIt.length))])).records;
      if (user !== undefined) primaryEmails.push(records.users.decode(user).email);
    }
    yield { id, ...records.wholesalers.decode(record), primaryEmails: primaryEmails.toSorted() };
  }
}

async function* apiProducts(store: Store): AsyncGenerator<object> {
  const { prefix } = records.apiProducts;
  for await (const record of everyRecord(store, prefix)) {
    yield { name: record.key.slice(prefix.length), ...records.apiProducts.decode(record) };
  }
}

async function* roles(store: Store): AsyncGenerator<object> {
  const { prefix } = records.roles;
  for await (const record of everyRecord(store, prefix)) {
    const { changedAt: _, ...role } = records.roles.decode(record);
    yield { roleId: record.key.slice(prefix.length), ...role };
  }
}

async function* mainRoles(store: Store): AsyncGenerator<object> {
  const { prefix } = records.mainRoles;
  for await (const record of everyRecord(store, prefix)) {
    const { changedAt: _, ...mainRole } = records.mainRoles.decode(record);
    yield { mainRoleId: record.key.slice(prefix.length), ...mainRole };
  }
}

async function* users(store: Store): AsyncGenerator<object> {
  for await (const { email, user } of everyUser(store)) {
    yield { email, confirmed: user.confirmedAt !== undefined };
  }
}

async function* subscriptions(store: Store): AsyncGenerator<object> {
  for await (const { email, subscriptions } of everyUser(store)) {
    const live = subscriptions.filter(({ state }) => state !== 'cancelled');
    for (const { apiProduct, name, state, endsAt } of live.toSorted(byApiProduct)) {
      yield { email, apiProduct, name, state, endsAt };
    }
  }
}

function byApiProduct(one: records.Subscription, other: records.Subscription): number {
  return one.apiProduct < other.apiProduct ? -1 : 1;
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : 1;
}

async function* permissions(store: Store): AsyncGenerator<object> {
  for await (const { email, granted } of everyUser(store)) {
    for (const [field, text] of Object.entries(granted?.fields ?? {}).toSorted(byName)) {
      const permission = records.decodePermission(field, text);
      const { wholesalerId, roleId, mainRoleId, scope, endsOn, active } = permission;
      yield { email, accessToWholesaler: wholesalerId, roleId, mainRoleId, scope, endsOn, active };
    }
  }
}

async function* catalog(store: Store): AsyncGenerator<object> {
  for await (const record of everyRecord(store, PRODUCT_PREFIX)) {
    const { productId, attributes } = decodeProduct(record);
    const { owner, ...others } = attributes;
    yield { productId, owner, ...Object.fromEntries(Object.entries(others).toSorted(byName)) };
  }
}

/** Every user, by address. */
async function* everyUser(store: Store): AsyncGenerator<UserRecords> {
  let batch: string[] = [];
  for await (const record of everyRecord(store, records.emails.prefix)) {
    batch.push(records.emails.decode(record).userId);
    if (batch.length < BATCH) continue;
    yield* await readUsers(store, batch);
    batch = [];
  }
  if (batch.length > 0) yield* await readUsers(store, batch);
}

async function readUsers(store: Store, userIds: readonly string[]): Promise<readonly UserRecords[]> {
  const keys = userIds.flatMap((userId) => [
    records.users.key(userId),
    records.grants.key(userId),
    records.subscribers.key(userId),
  ]);
  const { records: found } = await store.read(keys);
  const read: UserRecords[] = [];
  for (const index of userIds.keys()) {
    const [user, granted, subscriber] = found.slice(3 * index, 3 * index + 3);
    if (user === undefined) continue;
    const decoded = records.users.decode(user);
    const ids = subscriber === undefined ? [] : Object.keys(records.subscribers.decode(subscriber));
    const subscriptions = await readSubscriptions(store, ids);
    read.push({ email: decoded.email, user: decoded, subscriptions, granted });
  }
  return read;
}

async function readSubscriptions(
  store: Store,
  ids: readonly string[],
): Promise<readonly records.Subscription[]> {
  if (ids.length === 0) return [];
  const { records: found } = await store.read(ids.map((id) => records.subscriptions.key(id)));
  return found.flatMap((record) => (record === undefined ? [] : [records.subscriptions.decode(record)]));
}
