import { Identities } from '../../src/grants/identities.ts';
import * as records from '../../src/grants/records.ts';
import type { Peppers } from '../../src/grants/subscription-key.ts';
import type { Identity } from '../../src/model/identity.ts';
import { Follower } from '../../src/store/follower.ts';
import type { Store } from '../../src/store/store.ts';
import { PEPPERS } from './rig.ts';

/** Whom a key opens the door to, as a sidecar that starts now sees it. */
export async function opens(
  store: Store,
  key: string,
  peppers: Peppers = PEPPERS,
): Promise<Identity | undefined> {
  const follower = await Follower.start(store);
  const identities = new Identities({ store, follower, peppers, timezone: 'Europe/Oslo' });
  try {
    return await identities.identify(key);
  } finally {
    identities.close();
    await follower.close();
  }
}

/** The id of the user with an address. */
export async function idOf(store: Store, email: string): Promise<string> {
  const [record] = (await store.read([records.emails.key(email)])).records;
  if (record === undefined) throw new Error(`nobody has the address ${email}`);
  return records.emails.decode(record).userId;
}
