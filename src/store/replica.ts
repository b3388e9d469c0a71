import { setTimeout as sleep } from 'node:timers/promises';
import type { Follower, StoreEvent } from './follower.ts';
import { type Store, type StoredRecord, StoreError } from './store.ts';

/** Records that are read in one call. */
const BATCH = 1000;
/** Milliseconds between two attempts to read, while the store does not answer. */
const PAUSE = 250;

/** Where a replica puts what it reads. */
export interface ReplicaSink {
  /** A record as it stands now. May throw where it cannot be understood: then it is removed. */
  put(record: StoredRecord): void;
  /** A record that is gone, or is about to be read again. */
  remove(key: string): void;
  clear(): void;
}

/**
 * Keeps a full copy of the records under a prefix in step with the store. It fails closed: from the moment that a
 * change is known until the changed record has been read again, the copy does not have that record.
 */
export class Replica {
  readonly #store: Store;
  readonly #follower: Follower;
  readonly #prefix: string;
  readonly #sink: ReplicaSink;
  readonly #closed = new AbortController();
  readonly #unsubscribe: () => void;
  /** Records to be read again, with the revision that the reading must have reached. */
  readonly #touched = new Map<string, number>();
  /** Counts the flushes: what was begun to be read before one is of another history. */
  #flushes = 0;
  /** The whole copy has to be read (again). */
  #incomplete = true;
  #working = true;

  private constructor(store: Store, follower: Follower, prefix: string, sink: ReplicaSink) {
    this.#store = store;
    this.#follower = follower;
    this.#prefix = prefix;
    this.#sink = sink;
    this.#unsubscribe = follower.subscribe((event) => this.#hear(event));
  }

  /**
   * Resolves when all records under the prefix have been read.
   * @throws StoreError `unreachable`
   */
  static async open(store: Store, follower: Follower, prefix: string, sink: ReplicaSink): Promise<Replica> {
    const replica = new Replica(store, follower, prefix, sink);
    try {
      while (replica.#incomplete) await replica.#readAll();
    } catch (error) {
      replica.close();
      throw error;
    }
    void replica.#work();
    return replica;
  }

  /** False while the whole copy is being read again: then records are missing that the store has. */
  get complete(): boolean {
    return !this.#incomplete;
  }

  close(): void {
    this.#closed.abort();
    this.#unsubscribe();
  }

  #hear(event: StoreEvent): void {
    if (event.kind === 'flushed') {
      this.#flushes += 1;
      this.#incomplete = true;
      this.#touched.clear();
      this.#sink.clear();
    } else {
      for (const key of event.keys) {
        if (!key.startsWith(this.#prefix)) continue;
        this.#sink.remove(key);
        this.#touched.set(key, event.revision);
      }
      if (this.#touched.size === 0) return;
    }
    if (this.#working) return;
    this.#working = true;
    // Not within the event: the follower has not yet taken its new position.
    queueMicrotask(() => void this.#work());
  }

  async #work(): Promise<void> {
    this.#working = true;
    const { signal } = this.#closed;
    while (!signal.aborted && (this.#incomplete || this.#touched.size > 0)) {
      try {
        await (this.#incomplete ? this.#readAll() : this.#readTouched());
      } catch {
        // The sidecar knows of a silent store by its heartbeats; here there is nothing to do but to try again.
        await sleep(PAUSE, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
    this.#working = false;
  }

  async #readAll(): Promise<void> {
    const flushes = this.#flushes;
    let after: { readonly after?: string } = {};
    for (;;) {
      const known = this.#follower.position.revision;
      const page = await this.#store.list(this.#prefix, { ...after, limit: BATCH });
      if (flushes !== this.#flushes) return;
      this.#refuseOlder(page.revision, known);
      for (const record of page.records) this.#take(record.key, record, page.revision);
      const last = page.records.at(-1);
      if (last === undefined || page.records.length < BATCH) break;
      after = { after: last.key };
    }
    this.#incomplete = false;
  }

  async #readTouched(): Promise<void> {
    const flushes = this.#flushes;
    const known = this.#follower.position.revision;
    const keys = [...this.#touched.keys()].slice(0, BATCH);
    const { records, revision } = await this.#store.read(keys);
    if (flushes !== this.#flushes) return;
    // Nothing would be taken from it, and it would be asked for again without a pause.
    this.#refuseOlder(revision, known);
    for (const [index, key] of keys.entries()) this.#take(key, records[index], revision);
  }

  /** A reading that is older than what the feed has told is of a server that lags, or of a history that was lost. */
  #refuseOlder(revision: number, known: number): void {
    if (revision < known) throw new StoreError('unreachable', 'the store answers with an old state');
  }

  #take(key: string, record: StoredRecord | undefined, revision: number): void {
    const touchedAt = this.#touched.get(key);
    if (touchedAt !== undefined && touchedAt > revision) return;
    this.#touched.delete(key);
    if (record === undefined) return;
    try {
      this.#sink.put(record);
    } catch {
      // What cannot be understood is as good as absent, and must not keep the rest from being known.
      this.#sink.remove(key);
    }
  }
}
