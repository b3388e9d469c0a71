import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import type { Secret } from '../../model/secret.ts';
import { checkCommit, checkKeys, checkPage, checkPosition } from '../arguments.ts';
import { entriesAfter, FEED_BATCH, KEPT_COMMITS } from '../history.ts';
import type {
  Change,
  CommitResult,
  FeedEntry,
  Page,
  Position,
  Precondition,
  Snapshot,
  Store,
} from '../store.ts';
import { connect, send } from './connection.ts';
import { requireDurable } from './durability.ts';
import { parseRedisUrl, type RedisServer } from './redis-url.ts';
import { feedEntryOf, listedRecordOf, listOf, positionOf, recordOf, revisionOf, textOf } from './replies.ts';
import { COMMIT_SCRIPT, LIST_SCRIPT, READ_SCRIPT } from './scripts.ts';
import { SyncedCommits } from './synced-commits.ts';

/** Milliseconds for a command: a large commit on a slow disk is the slowest. */
const COMMAND_TIMEOUT = 10_000;
/** Milliseconds for a heartbeat, which is to find a dead link soon. */
const HEARTBEAT_TIMEOUT = 3_000;
/** Milliseconds for which the server holds a feed's question when there is no news. */
const FEED_BLOCK = 1_000;

export interface RedisStoreOptions {
  /** `strict`: refuse a server that may lose acknowledged writes, and wait for its disk where that takes asking. */
  readonly durability: 'strict' | 'relaxed';
  readonly keptCommits?: number;
}

interface Connections {
  readonly records: Redis;
  /** Sends a script that writes; resolves when it is durable to the degree asked for. */
  readonly commit: (args: readonly string[]) => Promise<unknown>;
  readonly heartbeat: Redis;
}

/** A store on a Redis server (6.2 or later), as scripts.ts lays it out. */
export class RedisStore implements Store {
  readonly #server: RedisServer;
  readonly #keptCommits: number;
  readonly #closed: AbortController;
  readonly #connections: Connections;

  private constructor(
    server: RedisServer,
    keptCommits: number,
    closed: AbortController,
    connections: Connections,
  ) {
    this.#server = server;
    this.#keptCommits = keptCommits;
    this.#closed = closed;
    this.#connections = connections;
  }

  /** @throws StoreError `unreachable`, `not_durable`, `invalid` (the URL), `corrupt` (another version's data) */
  static async open(url: Secret, options: RedisStoreOptions): Promise<RedisStore> {
    const server = parseRedisUrl(url);
    const closed = new AbortController();
    try {
      const connections = await openConnections(server, options.durability, closed.signal);
      const store = new RedisStore(server, options.keptCommits ?? KEPT_COMMITS, closed, connections);
      await store.position();
      return store;
    } catch (error) {
      closed.abort();
      throw error;
    }
  }

  async read(keys: readonly string[]): Promise<Snapshot> {
    checkKeys(keys);
    const reply = await send(this.#connections.records, 'EVAL', this.#evaluation(READ_SCRIPT, keys));
    const [position, records] = listOf(reply);
    return { ...positionOf(position), records: listOf(records).map(recordOf) };
  }

  async list(prefix: string, page: { readonly after?: string; readonly limit: number }): Promise<Page> {
    checkPage(prefix, page);
    const after = page.after ?? '';
    // DEL is the first byte that no key can have: `prefix\x7f` comes after all that begin with the prefix.
    const least = after >= prefix && after !== '' ? `(${after}` : `[${prefix}`;
    const bounds = [least, `(${prefix}\x7f`, String(page.limit)];
    const reply = await send(this.#connections.records, 'EVAL', this.#evaluation(LIST_SCRIPT, bounds));
    const [position, records] = listOf(reply);
    return { ...positionOf(position), records: listOf(records).map(listedRecordOf) };
  }

  async commit(
    changes: readonly Change[],
    preconditions: readonly Precondition[] = [],
  ): Promise<CommitResult> {
    checkCommit(changes, preconditions);
    const commitId = randomUUID();
    const values = [
      commitId,
      changes.map((change) => change.key).join('\n'),
      String(this.#keptCommits),
      String(preconditions.length),
      ...preconditions.flatMap(({ key, revision }) => [key, String(revision)]),
      String(changes.length),
      ...changes.flatMap(changeArguments),
    ];
    const [outcome, ...rest] = listOf(
      await this.#connections.commit(this.#evaluation(COMMIT_SCRIPT, values)),
    );
    if (outcome === 'conflict') return { committed: false, conflicts: [...new Set(rest.map(textOf))] };
    return { committed: true, position: { revision: revisionOf(rest[0]), commitId } };
  }

  async position(): Promise<Position> {
    const args = [this.#key('position'), 'revision', 'id', 'format'];
    return positionOf(await send(this.#connections.heartbeat, 'HMGET', args));
  }

  async *changes(after: Position, signal: AbortSignal): AsyncGenerator<readonly FeedEntry[]> {
    checkPosition(after);
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    const timeout = FEED_BLOCK + HEARTBEAT_TIMEOUT;
    const left = new AbortController();
    try {
      const lifetime = AbortSignal.any([ended, left.signal]);
      const feed = await connect(this.#server, { timeout, reconnect: false, signal: lifetime });
      let at = after;
      while (!ended.aborted) {
        const entries = entriesAfter(at, await this.#feed(feed, at.revision));
        at = entries.at(-1) ?? at;
        if (entries.length > 0) yield entries;
        else await this.#wait(feed, at.revision);
      }
    } catch (error) {
      if (!ended.aborted) throw error;
    } finally {
      left.abort();
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
  }

  /** The arguments of EVAL. */
  #evaluation(script: string, values: readonly string[]): string[] {
    const keys = [this.#key('position'), this.#key('index'), this.#key('feed')];
    return [script, String(keys.length), ...keys, this.#key('record:'), ...values];
  }

  /** What the feed holds from a revision on, that one included. */
  async #feed(connection: Redis, revision: number): Promise<readonly FeedEntry[]> {
    const args = [this.#key('feed'), `${revision}-0`, '+', 'COUNT', String(FEED_BATCH + 1)];
    return listOf(await send(connection, 'XRANGE', args)).map(feedEntryOf);
  }

  /** Until there is a later commit, or for FEED_BLOCK: a history that was rewritten wakes nobody. */
  async #wait(connection: Redis, revision: number): Promise<void> {
    const question = [
      'COUNT',
      '1',
      'BLOCK',
      String(FEED_BLOCK),
      'STREAMS',
      this.#key('feed'),
      `${revision}-0`,
    ];
    await send(connection, 'XREAD', question);
  }

  #key(name: string): string {
    return `${this.#server.tag}:${name}`;
  }
}

async function openConnections(
  server: RedisServer,
  durability: 'strict' | 'relaxed',
  signal: AbortSignal,
): Promise<Connections> {
  const lasting = { timeout: COMMAND_TIMEOUT, reconnect: true, signal };
  const records = await connect(server, lasting);
  const needsWait = durability === 'strict' && (await requireDurable(records));
  const synced = needsWait ? new SyncedCommits(await connect(server, lasting)) : undefined;
  return {
    records,
    commit: (args) => (synced ? synced.evaluate(args) : send(records, 'EVAL', args)),
    heartbeat: await connect(server, { ...lasting, timeout: HEARTBEAT_TIMEOUT }),
  };
}

/** As COMMIT_SCRIPT takes a change. */
function changeArguments(change: Change): string[] {
  if ('remove' in change) return [change.key, 'remove'];
  const set = Object.entries(change.set ?? {});
  const unset = change.unset ?? [];
  return [change.key, String(set.length), ...set.flat(), String(unset.length), ...unset];
}
