import type { StoreLocation } from '../config/config.ts';
import { EmbeddedStore } from './embedded/embedded-store.ts';
import { RedisStore } from './redis/redis-store.ts';
import type { Store } from './store.ts';

/**
 * Opens the store that the configuration names.
 * @param options durability `strict` for who writes: a Redis that may lose acknowledged writes is refused. Who only
 *   reads needs no more than `relaxed`. The embedded store is always durable.
 * @throws StoreError `unreachable`, `not_durable`, `invalid`, or `corrupt` for what another version wrote
 */
export async function openStore(
  location: StoreLocation,
  options: { readonly durability: 'strict' | 'relaxed' },
): Promise<Store> {
  return location.kind === 'sqlite'
    ? EmbeddedStore.open(location.path)
    : RedisStore.open(location.url, { durability: options.durability });
}
