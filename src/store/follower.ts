import { setTimeout as sleep } from 'node:timers/promises';
import type { FeedEntry, Position, Store } from './store.ts';
import { StoreError } from './store.ts';

/** `flushed`: forget everything; the history changed, or some of it was missed. */
export type StoreEvent =
  | { readonly kind: 'touched'; readonly keys: readonly string[]; readonly revision: number }
  | { readonly kind: 'flushed' };

export type StoreListener = (event: StoreEvent) => void;

export interface FollowerOptions {
  /** Milliseconds between two heartbeats; 1,000 unless given. */
  readonly heartbeatInterval?: number;
}

/** Milliseconds before the first and, at most, a later attempt to take up a feed that broke. */
const FIRST_PAUSE = 50;
const MAX_PAUSE = 1_000;

/** A position of which the store has told us and that the feed has yet to bring. */
interface Announced extends Position {
  /** When the heartbeat was sent that was answered with it. */
  readonly sentAt: number;
}

/**
 * Follows a store's change feed for those who keep copies of records, through outages and changes of history, and
 * knows for how long it has had no word from the store.
 */
export class Follower {
  readonly #store: Store;
  readonly #heartbeatInterval: number;
  readonly #closed = new AbortController();
  readonly #listeners = new Set<StoreListener>();
  #running: Promise<unknown> = Promise.resolve();
  #position: Position;
  /** When the heartbeat was sent that last proved us to know all (monotonic, ms). */
  #word: number;
  #announced: Announced | undefined;
  /** The last answer to a heartbeat. */
  #heard: Position;
  /** Counts the flushes: a heartbeat that was under way at one says nothing. */
  #flushes = 0;
  /** A heartbeat has shown that the store's history isn't ours. */
  #contradicted = false;
  /** Ends the feed that is being read, so that it is taken up anew. */
  #feed = new AbortController();

  private constructor(store: Store, heartbeatInterval: number, position: Position, word: number) {
    this.#store = store;
    this.#heartbeatInterval = heartbeatInterval;
    this.#position = position;
    this.#heard = position;
    this.#word = word;
  }

  /**
   * Follows the store from where it stands now. Subscribe before reading what is to be kept.
   * @throws StoreError `unreachable` where the store cannot be reached
   */
  static async start(store: Store, options: FollowerOptions = {}): Promise<Follower> {
    const sentAt = performance.now();
    const position = await store.position();
    const follower = new Follower(store, options.heartbeatInterval ?? 1_000, position, sentAt);
    follower.#running = Promise.all([follower.#follow(), follower.#beat()]);
    return follower;
  }

  /** What every listener has been told up to. */
  get position(): Position {
    return this.#position;
  }

  /**
   * Milliseconds since the sending of the last heartbeat whose answer, the store's position at some moment after
   * that, every listener has been told up to. No commit older than this is unknown here. An answer alone doesn't
   * count: the feed may be dead while heartbeats are well.
   */
  silence(): number {
    return performance.now() - this.#word;
  }

  /**
   * Listeners run synchronously, in the feed's order. One that throws ends the process, as an unhandled rejection:
   * going on would leave it, or those after it, with what is no longer true.
   * @returns ends the subscription
   */
  subscribe(listener: StoreListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves when no listener will be called any more. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
  }

  async #follow(): Promise<void> {
    for (let failures = 0; !this.#closed.signal.aborted; ) {
      this.#feed = new AbortController();
      const signal = AbortSignal.any([this.#closed.signal, this.#feed.signal]);
      try {
        if (this.#contradicted) await this.#startAnew();
        for await (const entries of this.#store.changes(this.#position, signal)) {
          for (const entry of entries) if (!signal.aborted) this.#pass(entry);
          failures = 0;
        }
        // The store itself ends a feed where it is closed.
        if (!signal.aborted) failures += 1;
      } catch (error) {
        if (!(error instanceof StoreError)) throw error;
        if (error.code === 'revision_gone') this.#contradicted = true;
        failures += 1;
      }
      if (failures > 0) await this.#pause(pauseAfter(failures));
    }
  }

  #pass(entry: FeedEntry): void {
    this.#tell({ kind: 'touched', keys: entry.keys, revision: entry.revision });
    this.#position = { revision: entry.revision, commitId: entry.commitId };
    if (this.#announced) this.#compare(this.#announced);
  }

  async #startAnew(): Promise<void> {
    const position = await this.#store.position();
    if (this.#closed.signal.aborted) return;
    this.#tell({ kind: 'flushed' });
    this.#position = position;
    this.#heard = position;
    this.#announced = undefined;
    this.#flushes += 1;
    this.#contradicted = false;
  }

  #tell(event: StoreEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  async #beat(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      const flushes = this.#flushes;
      const known = this.#position;
      const sentAt = performance.now();
      try {
        const answer = await this.#store.position();
        if (flushes === this.#flushes) this.#hear({ ...answer, sentAt }, known);
      } catch (error) {
        // Of the store's faults silence tells: it grows until the store answers again.
        if (!(error instanceof StoreError)) throw error;
      }
      await this.#pause(this.#heartbeatInterval);
    }
  }

  /** @param known where the feed stood when the heartbeat was sent: the store can't stand before it */
  #hear(answer: Announced, known: Position): void {
    const contradicted = contradicts(answer, known) || contradicts(answer, this.#heard);
    this.#heard = answer;
    if (contradicted) this.#contradict();
    else if (this.#announced === undefined) this.#compare(answer);
  }

  /** Once the feed has come as far as an answer, the answer is word from the store. Until then it waits. */
  #compare(announced: Announced): void {
    this.#announced = announced;
    if (differs(announced, this.#position)) this.#contradict();
    if (this.#contradicted || announced.revision > this.#position.revision) return;
    this.#word = announced.sentAt;
    this.#announced = undefined;
  }

  #contradict(): void {
    this.#contradicted = true;
    this.#feed.abort();
  }

  async #pause(duration: number): Promise<void> {
    // Rejects only where it is cut short.
    await sleep(duration, undefined, { signal: this.#closed.signal }).catch(() => undefined);
  }
}

/** No history has been at one and then at the other. */
function contradicts(later: Position, earlier: Position): boolean {
  return later.revision < earlier.revision || differs(later, earlier);
}

/** One revision of two histories. */
function differs(one: Position, other: Position): boolean {
  return one.revision === other.revision && one.commitId !== other.commitId;
}

function pauseAfter(failures: number): number {
  return Math.min(MAX_PAUSE, FIRST_PAUSE * 2 ** Math.min(failures - 1, 10)) * (0.5 + Math.random() / 2);
}
