/** A named set of fields. Keys and field names are non-empty printable ASCII; values are any Unicode text. */
export interface StoredRecord {
  readonly key: string;
  /** The revision of the commit that last changed it. */
  readonly revision: number;
  /** Without a prototype, so that only a field of the record answers to its name. */
  readonly fields: Readonly<Record<string, string>>;
}

/** Where the store stands. Two stores at one revision with different ids have different histories. */
export interface Position {
  /** 0 for an empty store; each commit adds 1. */
  readonly revision: number;
  /** The random id of the commit that made this revision; '' at revision 0. */
  readonly commitId: string;
}

/** Records as they all stood at one position. */
export interface Snapshot extends Position {
  /** In the order asked for; undefined where there is no such record. */
  readonly records: readonly (StoredRecord | undefined)[];
}

/** A part of a list, as it stood at one position. */
export interface Page extends Position {
  /** By ascending key (bytewise). Fewer than the limit: there are no more. */
  readonly records: readonly StoredRecord[];
}

/**
 * What becomes of one record. One with no field left is gone, and removing what isn't there is no fault. Setting
 * a field to the value that it has still counts as a change.
 */
export type Change =
  | {
      readonly key: string;
      readonly set?: Readonly<Record<string, string>>;
      readonly unset?: readonly string[];
    }
  | { readonly key: string; readonly remove: true };

/** The record must still be at this revision; 0: it must not exist. */
export interface Precondition {
  readonly key: string;
  readonly revision: number;
}

export type CommitResult =
  | { readonly committed: true; readonly position: Position }
  /** Nothing was changed; the keys whose precondition did not hold, each once. */
  | { readonly committed: false; readonly conflicts: readonly string[] };

/** One commit, as the change feed tells it. */
export interface FeedEntry extends Position {
  /** The records that it named, removed ones too. */
  readonly keys: readonly string[];
}

/** The most records that one call may read, list or change: a bound on how long others wait behind it. */
export const BATCH_LIMIT = 10_000;

/**
 * The one port to durable state. Every method may fail with a StoreError: `unreachable`, or `invalid` for
 * arguments outside what is said here, or beyond BATCH_LIMIT.
 */
export interface Store {
  /** Records by key, all at one revision. */
  read(keys: readonly string[]): Promise<Snapshot>;
  /** Records whose key starts with the prefix and comes after `after`, in order, at most `limit` (1 or more). */
  list(prefix: string, page: { readonly after?: string; readonly limit: number }): Promise<Page>;
  /**
   * All changes or none. There must be one, each of another record, and none may be empty. Resolves when durable
   * to the degree that the store was opened with.
   * @throws StoreError `unreachable`: whether it was made is not known (preconditions make it safe to try again)
   * @throws StoreError `not_durable`: it was made, but the server could not say that it is on disk
   */
  commit(changes: readonly Change[], preconditions?: readonly Precondition[]): Promise<CommitResult>;
  /** Word from the store, over a connection that serves nothing else. */
  position(): Promise<Position>;
  /**
   * The commits after a position, in order and without a gap, then those to come, until the signal aborts or the
   * store is closed. Yields a batch when there is one.
   * @throws StoreError `revision_gone` where that position is not, or no longer, in the history that the store
   *   has (trimmed, lost in a failover, or gone with a backup that was restored); at once or when it comes to light
   */
  changes(after: Position, signal: AbortSignal): AsyncIterable<readonly FeedEntry[]>;
  /** Ends the feeds; calls under way fail. */
  close(): Promise<void>;
}

/**
 * - `unreachable`: the store could not be reached, or could not do its work now
 * - `revision_gone`: the feed can't go on from there
 * - `not_durable`: acknowledged writes could be lost
 * - `invalid`: the caller's fault; nothing was done
 * - `corrupt`: what is stored is not what this version of the program wrote
 */
export type StoreErrorCode = 'unreachable' | 'revision_gone' | 'not_durable' | 'invalid' | 'corrupt';

/** A fault of the store or of the way to it. The message names no key, field value, address or password. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
