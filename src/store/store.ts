/** A named set of fields. Keys and field names are non-empty printable ASCII; values are any Unicode text. */
export interface StoredRecord {
  readonly key: string;
  /** The revision of the commit that last changed it. */
  readonly revision: number;
  readonly fields: Readonly<Record<string, string>>;
}

/** Records as they all stood at one revision. */
export interface Snapshot {
  readonly revision: number;
  /** In the order asked for; undefined where there is no such record. */
  readonly records: readonly (StoredRecord | undefined)[];
}

export interface Page {
  readonly revision: number;
  /** By ascending key (bytewise). */
  readonly records: readonly StoredRecord[];
}

/** A record with no field left is gone. Setting a field to the value that it has still counts as a change. */
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

/** Where the store stands. Two stores at one revision with different ids have different histories. */
export interface Position {
  /** 0 for an empty store; each commit adds 1. */
  readonly revision: number;
  /** The random id of the commit that made this revision; '' at revision 0. */
  readonly commitId: string;
}

export type CommitResult =
  | { readonly committed: true; readonly position: Position }
  /** Nothing was changed; the keys whose precondition did not hold. */
  | { readonly committed: false; readonly conflicts: readonly string[] };

/** One commit, as the change feed tells it. */
export interface FeedEntry extends Position {
  /** The records that it touched, removed ones too. */
  readonly keys: readonly string[];
}

/** The one port to durable state. Every method may fail with a StoreError. */
export interface Store {
  /** Records by key, all at one revision. */
  read(keys: readonly string[]): Promise<Snapshot>;
  /** Records whose key starts with the prefix and comes after `after`, in order, at most `limit`. */
  list(prefix: string, page: { readonly after?: string; readonly limit: number }): Promise<Page>;
  /** All changes or none. Resolves when durable to the degree that the store was opened with. */
  commit(changes: readonly Change[], preconditions?: readonly Precondition[]): Promise<CommitResult>;
  /** Word from the store, over a connection that serves nothing else. */
  position(): Promise<Position>;
  /**
   * The commits after a revision, in order and without a gap, then those to come, until the signal aborts.
   * Yields a batch when there is one, possibly empty to show life.
   * @throws StoreError `revision_gone` where the feed no longer reaches back, or never reached, that far
   */
  changes(after: number, signal: AbortSignal): AsyncIterable<readonly FeedEntry[]>;
  close(): Promise<void>;
}

export type StoreErrorCode = 'unreachable' | 'revision_gone' | 'not_durable' | 'invalid' | 'corrupt';

/** A fault of the store or of the way to it. The message names no key, field value or password. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
