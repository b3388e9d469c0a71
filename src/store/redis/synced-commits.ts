import type { Redis } from 'ioredis';
import { StoreError } from '../store.ts';
import { send } from './connection.ts';
import { listOf } from './replies.ts';

/** Milliseconds for which the server waits for its disk. */
const DISK_TIMEOUT = 5_000;

interface Waiting {
  readonly args: readonly string[];
  readonly resolve: (answer: unknown) => void;
  readonly reject: (fault: unknown) => void;
}

/**
 * Scripts that write, each answered once the server's disk has what it wrote (WAITAOF, Redis 7.2). With appendfsync
 * everysec that takes up to a second, and holds up all that comes behind on the connection: it serves nothing else,
 * and the scripts that come meanwhile go out together and share the next wait.
 */
export class SyncedCommits {
  readonly #redis: Redis;
  #waiting: Waiting[] = [];
  #busy = false;

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  /**
   * @param args of EVAL
   * @throws StoreError `not_durable` where the disk did not have it in time
   */
  evaluate(args: readonly string[]): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.#waiting.push({ args, resolve, reject });
    if (!this.#busy) void this.#drain();
    return promise;
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) await this.#sendTogether(this.#waiting.splice(0));
    this.#busy = false;
  }

  /**
   * WAITAOF goes out with them, not after their answers: it asks for the writes of its own connection, and on one
   * that was made anew meanwhile there would be none to wait for.
   */
  async #sendTogether(batch: readonly Waiting[]): Promise<void> {
    const answers = Promise.allSettled(batch.map(({ args }) => send(this.#redis, 'EVAL', args)));
    const fault = await this.#faultOfDisk();
    for (const [index, answer] of (await answers).entries()) {
      if (answer.status === 'rejected') batch[index]?.reject(answer.reason);
      else if (fault !== undefined) batch[index]?.reject(fault);
      else batch[index]?.resolve(answer.value);
    }
  }

  async #faultOfDisk(): Promise<unknown> {
    try {
      const [synced] = listOf(await send(this.#redis, 'WAITAOF', ['1', '0', String(DISK_TIMEOUT)]));
      if (Number(synced) >= 1) return undefined;
      return new StoreError('not_durable', 'the Redis server could not write a commit to its disk in time');
    } catch (error) {
      return error;
    }
  }
}
