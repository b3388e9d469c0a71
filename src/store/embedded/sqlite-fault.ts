import { StoreError } from '../store.ts';

/** Primary result codes (sqlite.org/rescode.html) that say nothing against what is stored. */
const PASSING = new Set([
  3, // SQLITE_PERM
  5, // SQLITE_BUSY
  6, // SQLITE_LOCKED
  7, // SQLITE_NOMEM
  8, // SQLITE_READONLY
  9, // SQLITE_INTERRUPT
  10, // SQLITE_IOERR
  13, // SQLITE_FULL
  14, // SQLITE_CANTOPEN
  15, // SQLITE_PROTOCOL
]);

/** What a caller of the store is told of an error of node:sqlite, or of the file system beneath it. */
export function sqliteFault(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error;
  if ('errcode' in error && typeof error.errcode === 'number' && 'errstr' in error) {
    // The low byte of an extended code is its primary code. The errstr is fixed text: the message may hold data.
    return PASSING.has(error.errcode & 0xff)
      ? new StoreError('unreachable', `the store's file cannot be used now (${String(error.errstr)})`)
      : new StoreError('corrupt', `the store's file is not sound (${String(error.errstr)})`);
  }
  if (error instanceof SyntaxError)
    return new StoreError('corrupt', "the store's file holds an unreadable record");
  if ('syscall' in error && 'code' in error) {
    return new StoreError('unreachable', `the store's file cannot be used now (${String(error.code)})`);
  }
  return error;
}
