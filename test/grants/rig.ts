import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FileFault } from '../../src/config/file-fault.ts';
import type { AppliedChange } from '../../src/grants/applied-change.ts';
import { type ApplyOptions, applyState } from '../../src/grants/apply.ts';
import { readState } from '../../src/grants/state.ts';
import type { Peppers } from '../../src/grants/subscription-key.ts';
import { Secret } from '../../src/model/secret.ts';
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { Follower } from '../../src/store/follower.ts';
import type { Store, StoredRecord } from '../../src/store/store.ts';

export const PEPPERS: Peppers = [{ id: '0a0a0a0a', text: new Secret('a pepper of thirty-two characters') }];

export const KEYS = {
  owner: 'owner-key-0123456789',
  distributor: 'distributor-key-0123',
};

/** A wholesaler that has granted a distributor its stock. */
export const STATE = `
wholesalers: [{ id: "10001", name: Wholesaler AS, primaryEmails: [api@wholesaler.no] }]
apiProducts: [{ name: my-products, apis: [stock-per-store] }]
roles: [{ roleId: STOCK_READ, api: stock-per-store, httpVerb: GET, description: Read stock }]
mainRoles: [{ mainRoleId: DISTRIBUTION, roles: [STOCK_READ], description: Distribution }]
users: [{ email: api@distributor.no, confirmed: true }]
subscriptions:
  - { email: api@wholesaler.no, apiProduct: my-products, primaryKey: ${KEYS.owner} }
  - { email: api@distributor.no, apiProduct: my-products, primaryKey: ${KEYS.distributor} }
permissions:
  - email: api@distributor.no
    accessToWholesaler: "10001"
    roleId: STOCK_READ
    mainRoleId: DISTRIBUTION
    scope: { distributor: ["20003"] }
catalog:
  - { productId: "1101", owner: "10001", distributor: "20003" }
`;

export type Applied = { changes: readonly AppliedChange[]; faults: readonly FileFault[] };

/** A folder, stores in it, and what was opened closed at the end. */
export class Rig {
  readonly folder: string;
  readonly #cleanups: (() => Promise<void>)[] = [];
  #files = 0;

  private constructor(folder: string) {
    this.folder = folder;
    this.#cleanups.push(() => rm(folder, { recursive: true }));
  }

  static async make(): Promise<Rig> {
    return new Rig(await mkdtemp(join(tmpdir(), 'fullmakt-grants-')));
  }

  async openStore(): Promise<EmbeddedStore> {
    const store = await EmbeddedStore.open(join(this.folder, `${++this.#files}.db`));
    this.#cleanups.push(() => store.close());
    return store;
  }

  async follow(store: Store): Promise<Follower> {
    const follower = await Follower.start(store, { heartbeatInterval: 20 });
    this.#cleanups.push(() => follower.close());
    return follower;
  }

  async write(name: string, text: string): Promise<string> {
    const file = join(this.folder, name);
    await writeFile(file, text);
    return file;
  }

  /** Applies a state file of that text. */
  async apply(store: Store, text: string, options: Partial<ApplyOptions> = {}): Promise<Applied> {
    const state = await readState(await this.write(`${++this.#files}.yaml`, text));
    return { changes: [], faults: [], ...(await applyState(store, state, { peppers: PEPPERS, ...options })) };
  }

  async close(): Promise<void> {
    for (const cleanup of this.#cleanups.splice(0).toReversed()) await cleanup();
  }
}

const SIGNS = { added: '+', changed: '~', removed: '-' };

/** `+ role STOCK_READ`, one line a change. */
export function linesOf({ changes }: Pick<Applied, 'changes'>): readonly string[] {
  return changes.map(({ kind, text }) => `${SIGNS[kind]} ${text}`);
}

/** `line:column: message`, one line a fault. */
export function faultsOf({ faults }: Pick<Applied, 'faults'>): readonly string[] {
  return faults.map(({ line, column, message }) => `${line}:${column}: ${message}`);
}

/** The records under a prefix; without one, all but the account of changes. */
export async function allRecords(store: Store, prefix = ''): Promise<readonly StoredRecord[]> {
  const { records } = await store.list(prefix, { limit: 10_000 });
  return prefix === '' ? records.filter(({ key }) => !key.startsWith('audit')) : records;
}

/** A store as its callers see it, but for what a test puts in place of a method. */
export function behind(store: Store, instead: Partial<Store>): Store {
  return {
    read: (keys) => store.read(keys),
    list: (prefix, page) => store.list(prefix, page),
    commit: (changes, preconditions) => store.commit(changes, preconditions),
    position: () => store.position(),
    changes: (after, signal) => store.changes(after, signal),
    close: () => store.close(),
    ...instead,
  };
}
