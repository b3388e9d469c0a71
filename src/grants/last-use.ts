import { setTimeout as sleep } from 'node:timers/promises';
import { type Change, type Precondition, type Store, type StoredRecord, StoreError } from '../store/store.ts';
import { keysOf } from './plan/subscription-changes.ts';
import * as records from './records.ts';

/** Milliseconds between two writings, and between two times of one subscription that are written. */
const INTERVAL = 60_000;
/** Subscriptions that are written of in one commit, which others wait behind. */
const BATCH = 1000;

/**
 * Notes when the keys of a subscription were last used. What is told is kept, and written once a minute for all
 * subscriptions together, so that no request waits for it; a use of the last minute may be lost with the process.
 */
export class LastUse {
  readonly #store: Store;
  readonly #closed = new AbortController();
  readonly #running: Promise<void>;
  /** What has not been written: by the subscription's id and the key as it is kept, ms since the epoch. */
  #noted = new Map<string, Map<string, number>>();

  constructor(store: Store) {
    this.#store = store;
    this.#running = this.#run();
  }

  /**
   * @param stored the key as it is kept
   * @param at ms since the epoch
   */
  note(subscriptionId: string, stored: string, at: number): void {
    const uses = this.#noted.get(subscriptionId) ?? new Map<string, number>();
    this.#noted.set(subscriptionId, uses.set(stored, Math.max(at, uses.get(stored) ?? 0)));
  }

  /**
   * Writes what has been noted. What some process wrote of less than a minute before is left for the next time; so is
   * everything that could not be written.
   * @throws StoreError where the store could not be read or written
   */
  async write(): Promise<void> {
    const noted = [...this.#noted];
    this.#noted = new Map();
    for (let start = 0; start < noted.length; start += BATCH) {
      const batch = new Map(noted.slice(start, start + BATCH));
      try {
        await this.#writeBatch(batch);
      } finally {
        for (const [id, uses] of batch) for (const [stored, at] of uses) this.note(id, stored, at);
      }
    }
  }

  /** Writes what is left, and no more. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
    await this.#tryToWrite();
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      // Rejects only where it is cut short.
      await sleep(INTERVAL, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await this.#tryToWrite();
    }
  }

  async #tryToWrite(): Promise<void> {
    try {
      await this.write();
    } catch (error) {
      // Of a silent store others tell, and a time of use is not worth a word.
      if (!(error instanceof StoreError)) throw error;
    }
  }

  /** Takes out of the batch whatever it is done with. */
  async #writeBatch(batch: Map<string, ReadonlyMap<string, number>>): Promise<void> {
    const ids = [...batch.keys()];
    const { records: found } = await this.#store.read([
      ...ids.map((id) => records.subscriptions.key(id)),
      ...ids.map((id) => records.lastUses.key(id)),
    ]);
    const changes = new Map<string, Change>();
    const preconditions: Precondition[] = [];
    for (const [index, [id, noted]] of [...batch].entries()) {
      const subscription = found[index];
      const written = found[ids.length + index];
      const change = subscription && changeOf(id, noted, subscription, written);
      if (change === 'too early') continue;
      if (change === undefined) {
        batch.delete(id);
      } else {
        changes.set(id, change);
        // Of a subscription or a key that goes meanwhile nothing may stay.
        preconditions.push({ key: records.subscriptions.key(id), revision: subscription?.revision ?? 0 });
      }
    }
    if (changes.size === 0) return;
    const result = await this.#store.commit([...changes.values()], preconditions);
    if (result.committed) for (const id of changes.keys()) batch.delete(id);
  }
}

/** What writes the uses that are news; undefined: none is. */
function changeOf(
  id: string,
  noted: ReadonlyMap<string, number>,
  subscription: StoredRecord,
  record: StoredRecord | undefined,
): Change | 'too early' | undefined {
  const written = record === undefined ? {} : records.lastUses.decode(record);
  const keys = keysOf(records.subscriptions.decode(subscription));
  const newer = [...noted].filter(
    ([stored, at]) => keys.has(stored) && at > Date.parse(written[stored] ?? '1970-01-01'),
  );
  if (newer.length === 0) return undefined;
  const last = Math.max(0, ...Object.values(written).map((at) => Date.parse(at)));
  if (Math.max(...newer.map(([, at]) => at)) < last + INTERVAL) return 'too early';
  return {
    key: records.lastUses.key(id),
    set: Object.fromEntries(newer.map(([stored, at]) => [stored, new Date(at).toISOString()])),
    unset: Object.keys(written).filter((stored) => !keys.has(stored)),
  };
}
