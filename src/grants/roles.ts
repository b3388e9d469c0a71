import type { Role } from '../model/role.ts';
import type { Follower } from '../store/follower.ts';
import { Replica, type ReplicaSink } from '../store/replica.ts';
import type { Store, StoredRecord } from '../store/store.ts';
import * as records from './records.ts';

/** Which roles count where, kept in memory and in step with the store. */
export class Roles {
  readonly #index: RoleIndex;
  readonly #replica: Replica;

  private constructor(index: RoleIndex, replica: Replica) {
    this.#index = index;
    this.#replica = replica;
  }

  /** @throws StoreError */
  static async open(store: Store, follower: Follower): Promise<Roles> {
    const index = new RoleIndex();
    return new Roles(index, await Replica.open(store, follower, records.roles.prefix, index));
  }

  /** The ids, in order, of the roles for one verb of an API. HEAD counts as GET. */
  rolesFor(api: string, verb: string): readonly string[] {
    return this.#index.rolesFor(api, verb === 'HEAD' ? 'GET' : verb);
  }

  /** False while all roles are being read again: then some are missing. */
  get complete(): boolean {
    return this.#replica.complete;
  }

  close(): void {
    this.#replica.close();
  }
}

type Reach = Pick<Role, 'api' | 'httpVerb'>;

class RoleIndex implements ReplicaSink {
  readonly #roles = new Map<string, Reach>();
  readonly #idsByReach = new Map<string, readonly string[]>();

  rolesFor(api: string, httpVerb: string): readonly string[] {
    return this.#idsByReach.get(reachText({ api, httpVerb })) ?? [];
  }

  put(record: StoredRecord): void {
    this.remove(record.key);
    const { api, httpVerb } = records.roles.decode(record);
    const roleId = record.key.slice(records.roles.prefix.length);
    this.#roles.set(roleId, { api, httpVerb });
    const reach = reachText({ api, httpVerb });
    this.#idsByReach.set(reach, [...(this.#idsByReach.get(reach) ?? []), roleId].sort());
  }

  remove(key: string): void {
    const roleId = key.slice(records.roles.prefix.length);
    const role = this.#roles.get(roleId);
    if (role === undefined) return;
    this.#roles.delete(roleId);
    const reach = reachText(role);
    const left = this.#idsByReach.get(reach)?.filter((id) => id !== roleId) ?? [];
    if (left.length > 0) this.#idsByReach.set(reach, left);
    else this.#idsByReach.delete(reach);
  }

  clear(): void {
    this.#roles.clear();
    this.#idsByReach.clear();
  }
}

function reachText({ api, httpVerb }: Reach): string {
  return `${httpVerb} ${api}`;
}
