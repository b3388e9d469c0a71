import { setTimeout as sleep } from 'node:timers/promises';
import { type Change, type Precondition, type Store, type StoredRecord, StoreError } from '../store/store.ts';
import { changesOfSubscription, keysOf } from './plan/subscription-changes.ts';
import * as records from './records.ts';

/** Milliseconds between two writings, and between two times of one subscription that are written. */
const INTERVAL = 60_000;
/** Subscriptions that are written of in one commit, which others wait behind. */
const BATCH = 1000;

/** A use of a key. */
export interface KeyUse {
  /** The key as it is kept. */
  readonly stored: string;
  /** The key as it would be kept if it were made now: the same, unless peppers have changed. */
  readonly renewed: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/**
 * Notes when the keys of a subscription were last used. What is told is kept, and written once a minute for all
 * subscriptions together, so that no request waits for it; a use of the last minute may be lost with the process.
 *
 * A key that is kept under an older pepper is written anew under the first one, which only those who come with it make
 * possible: so that the older pepper can be done away with, once nobody needs it.
 */
export class LastUse {
  readonly #store: Store;
  readonly #closed = new AbortController();
  readonly #running: Promise<void>;
  /** What has not been written, by the subscription's id and the key as it is kept. */
  #noted = new Map<string, Map<string, KeyUse>>();

  constructor(store: Store) {
    this.#store = store;
    this.#running = this.#run();
  }

  note(subscriptionId: string, use: KeyUse): void {
    const uses = this.#noted.get(subscriptionId) ?? new Map<string, KeyUse>();
    this.#noted.set(subscriptionId, uses);
    if (use.at >= (uses.get(use.stored)?.at ?? 0)) uses.set(use.stored, use);
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
        for (const [id, uses] of batch) for (const use of uses.values()) this.note(id, use);
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
  async #writeBatch(batch: Map<string, ReadonlyMap<string, KeyUse>>): Promise<void> {
    const ids = [...batch.keys()];
    const { records: found } = await this.#store.read([
      ...ids.map((id) => records.subscriptions.key(id)),
      ...ids.map((id) => records.lastUses.key(id)),
    ]);
    const written = new Set<string>();
    const changes: Change[] = [];
    const preconditions: Precondition[] = [];
    for (const [index, [id, uses]] of [...batch].entries()) {
      const subscription = found[index];
      const lastUse = found[ids.length + index];
      const added = subscription && changesOf(id, [...uses.values()], subscription, lastUse);
      if (added === 'too early') continue;
      if (added === undefined) {
        batch.delete(id);
      } else {
        written.add(id);
        changes.push(...added);
        // Of a subscription or a key that goes meanwhile nothing may stay.
        preconditions.push({ key: records.subscriptions.key(id), revision: subscription?.revision ?? 0 });
      }
    }
    if (changes.length === 0) return;
    const result = await this.#store.commit(changes, preconditions);
    if (result.committed) for (const id of written) batch.delete(id);
  }
}

/** What writes the uses that are news; undefined: none is. */
function changesOf(
  id: string,
  noted: readonly KeyUse[],
  record: StoredRecord,
  lastUse: StoredRecord | undefined,
): readonly Change[] | 'too early' | undefined {
  const known = lastUse === undefined ? {} : records.lastUses.decode(lastUse);
  const before = records.subscriptions.decode(record);
  const keys = keysOf(before);
  const newer = noted.filter(
    ({ stored, at }) => keys.has(stored) && at > Date.parse(known[stored] ?? '1970-01-01'),
  );
  if (newer.length === 0) return undefined;
  const last = Math.max(0, ...Object.values(known).map((at) => Date.parse(at)));
  if (Math.max(...newer.map(({ at }) => at)) < last + INTERVAL) return 'too early';
  const after = withRenewed(before, newer);
  const kept = keysOf(after);
  return [
    {
      key: records.lastUses.key(id),
      set: Object.fromEntries(newer.map(({ renewed, at }) => [renewed, new Date(at).toISOString()])),
      unset: Object.keys(known).filter((stored) => !kept.has(stored)),
    },
    ...(after === before ? [] : changesOfSubscription(id, { before, after })),
  ];
}

function withRenewed(before: records.Subscription, uses: readonly KeyUse[]): records.Subscription {
  const renewed = new Map(uses.map((use) => [use.stored, use.renewed]));
  const slots = records.keySlot.options.filter((slot) => {
    const stored = before[slot];
    return stored !== undefined && (renewed.get(stored) ?? stored) !== stored;
  });
  if (slots.length === 0) return before;
  return { ...before, ...Object.fromEntries(slots.map((slot) => [slot, renewed.get(before[slot] ?? '')])) };
}
