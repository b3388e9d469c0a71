import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
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
  StoredRecord,
} from '../store.ts';
import { StoreError } from '../store.ts';
import { openDatabaseFile } from './database-file.ts';
import { sqliteFault } from './sqlite-fault.ts';

/** Milliseconds between two looks for commits of other processes. */
const POLL_INTERVAL = 25;

type Row = Record<string, SQLOutputValue>;

/**
 * A store in one SQLite file, which several processes of one host may share. Calls block the process for as long
 * as SQLite works, since node:sqlite is synchronous.
 */
export class EmbeddedStore implements Store {
  readonly #path: string;
  readonly #keptCommits: number;
  readonly #database: DatabaseSync;
  readonly #statements: Statements;
  readonly #file: string;
  readonly #closed = new AbortController();
  /** The feeds of this process that wait for a commit. */
  readonly #waiting = new Set<() => void>();

  private constructor(path: string, database: DatabaseSync, keptCommits: number) {
    this.#path = path;
    this.#keptCommits = keptCommits;
    this.#database = database;
    this.#statements = prepareStatements(database);
    this.#file = fileIdentity(path);
  }

  /** @throws StoreError `unreachable`, or `corrupt` for a file of another kind or version */
  static async open(path: string, options: { readonly keptCommits?: number } = {}): Promise<EmbeddedStore> {
    const file = resolve(path);
    try {
      return new EmbeddedStore(file, await openDatabaseFile(file), options.keptCommits ?? KEPT_COMMITS);
    } catch (error) {
      throw sqliteFault(error);
    }
  }

  async read(keys: readonly string[]): Promise<Snapshot> {
    checkKeys(keys);
    return this.#transaction('BEGIN', () => ({
      ...this.#position(),
      records: keys.map((key) => this.#record(key)),
    }));
  }

  async list(prefix: string, page: { readonly after?: string; readonly limit: number }): Promise<Page> {
    checkPage(prefix, page);
    const after = page.after ?? '';
    return this.#transaction('BEGIN', () => {
      // DEL is the first byte that no key can have: `prefix\x7f` comes after all that begin with the prefix.
      const rows = this.#statements.list.all(prefix, after, `${prefix}\x7f`, page.limit);
      return { ...this.#position(), records: rows.map(storedRecord) };
    });
  }

  async commit(
    changes: readonly Change[],
    preconditions: readonly Precondition[] = [],
  ): Promise<CommitResult> {
    checkCommit(changes, preconditions);
    const result = this.#transaction('BEGIN IMMEDIATE', () => this.#apply(changes, preconditions));
    for (const wake of this.#waiting) wake();
    return result;
  }

  async position(): Promise<Position> {
    return this.#query(() => {
      // A file that was replaced or deleted goes on answering those that have it open.
      if (fileIdentity(this.#path) !== this.#file) {
        throw new StoreError('unreachable', "the store's file was replaced by another");
      }
      return this.#position();
    });
  }

  async *changes(after: Position, signal: AbortSignal): AsyncGenerator<readonly FeedEntry[]> {
    checkPosition(after);
    const ended = AbortSignal.any([signal, this.#closed.signal]);
    let at = after;
    while (!ended.aborted) {
      const version = this.#dataVersion();
      const entries = entriesAfter(at, this.#feed(at.revision));
      at = entries.at(-1) ?? at;
      if (entries.length > 0) yield entries;
      else await this.#commitOfAnybody(version, ended);
    }
  }

  async close(): Promise<void> {
    this.#closed.abort();
    if (this.#database.isOpen) this.#database.close();
  }

  #transaction<T>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: () => T): T {
    return this.#query(() => {
      try {
        this.#database.exec(begin);
        const result = work();
        this.#database.exec('COMMIT');
        return result;
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
        throw error;
      }
    });
  }

  #query<T>(work: () => T): T {
    if (!this.#database.isOpen) throw new StoreError('unreachable', 'the store is closed');
    try {
      return work();
    } catch (error) {
      throw sqliteFault(error);
    }
  }

  #apply(changes: readonly Change[], preconditions: readonly Precondition[]): CommitResult {
    const conflicts = preconditions
      .filter(({ key, revision }) => (this.#record(key)?.revision ?? 0) !== revision)
      .map(({ key }) => key);
    if (conflicts.length > 0) return { committed: false, conflicts: [...new Set(conflicts)] };
    const position: Position = { revision: this.#position().revision + 1, commitId: randomUUID() };
    for (const change of changes) this.#change(change, position.revision);
    const keys = changes.map((change) => change.key).join('\n');
    this.#statements.addToFeed.run(position.revision, position.commitId, keys);
    this.#statements.trimFeed.run(position.revision - this.#keptCommits);
    return { committed: true, position };
  }

  #change(change: Change, revision: number): void {
    const fields = new Map<string, string>();
    if (!('remove' in change)) {
      for (const [name, value] of Object.entries(this.#record(change.key)?.fields ?? {}))
        fields.set(name, value);
      for (const [name, value] of Object.entries(change.set ?? {})) fields.set(name, value);
      for (const name of change.unset ?? []) fields.delete(name);
    }
    if (fields.size === 0) this.#statements.remove.run(change.key);
    else this.#statements.put.run(change.key, revision, JSON.stringify(Object.fromEntries(fields)));
  }

  #record(key: string): StoredRecord | undefined {
    const row = this.#statements.get.get(key);
    return row && storedRecord(row);
  }

  #position(): Position {
    const row = this.#statements.lastOfFeed.get();
    return row ? position(row) : { revision: 0, commitId: '' };
  }

  #feed(fromRevision: number): readonly FeedEntry[] {
    return this.#query(() => this.#statements.feed.all(fromRevision, FEED_BATCH + 1).map(feedEntry));
  }

  /** Another number after another connection's commit than before it; this connection's own don't change it. */
  #dataVersion(): unknown {
    return this.#query(() => this.#statements.dataVersion.get()?.['data_version']);
  }

  async #commitOfAnybody(version: unknown, ended: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const poll = setInterval(() => {
      try {
        if (this.#dataVersion() !== version) resolve();
      } catch {
        // The feed's next read meets the same fault and tells its reader.
        resolve();
      }
    }, POLL_INTERVAL);
    const wake = () => resolve();
    this.#waiting.add(wake);
    ended.addEventListener('abort', wake);
    await promise;
    clearInterval(poll);
    this.#waiting.delete(wake);
    ended.removeEventListener('abort', wake);
  }
}

interface Statements {
  readonly get: StatementSync;
  readonly list: StatementSync;
  readonly put: StatementSync;
  readonly remove: StatementSync;
  readonly lastOfFeed: StatementSync;
  readonly feed: StatementSync;
  readonly addToFeed: StatementSync;
  readonly trimFeed: StatementSync;
  readonly dataVersion: StatementSync;
}

function prepareStatements(database: DatabaseSync): Statements {
  return {
    get: database.prepare('SELECT key, revision, fields FROM record WHERE key = ?'),
    list: database.prepare(
      'SELECT key, revision, fields FROM record WHERE key >= ? AND key > ? AND key < ? ORDER BY key LIMIT ?',
    ),
    put: database.prepare('INSERT OR REPLACE INTO record (key, revision, fields) VALUES (?, ?, ?)'),
    remove: database.prepare('DELETE FROM record WHERE key = ?'),
    lastOfFeed: database.prepare('SELECT revision, commit_id FROM feed ORDER BY revision DESC LIMIT 1'),
    feed: database.prepare(
      'SELECT revision, commit_id, keys FROM feed WHERE revision >= ? ORDER BY revision LIMIT ?',
    ),
    addToFeed: database.prepare('INSERT INTO feed (revision, commit_id, keys) VALUES (?, ?, ?)'),
    trimFeed: database.prepare('DELETE FROM feed WHERE revision <= ?'),
    dataVersion: database.prepare('PRAGMA data_version'),
  };
}

function storedRecord(row: Row): StoredRecord {
  const fields: Record<string, string> = Object.create(null);
  return {
    key: String(row['key']),
    revision: Number(row['revision']),
    fields: Object.assign(fields, JSON.parse(String(row['fields']))),
  };
}

function position(row: Row): Position {
  return { revision: Number(row['revision']), commitId: String(row['commit_id']) };
}

function feedEntry(row: Row): FeedEntry {
  return { ...position(row), keys: String(row['keys']).split('\n') };
}

/** Device and inode. */
function fileIdentity(path: string): string {
  const { dev, ino } = statSync(path);
  return `${dev}:${ino}`;
}
