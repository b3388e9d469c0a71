import { closeSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { StoreError } from '../store.ts';

/** Marks the file as ours (sqlite.org/pragma.html#pragma_application_id): the letters `FMkt`. */
const APPLICATION_ID = 0x464d6b74;
const SCHEMA_VERSION = 1;
/** Milliseconds to wait for another process's write. */
const BUSY_TIMEOUT = 5_000;
/** Milliseconds at most between two attempts to open a file that is busy. */
const BUSY_PAUSE = 50;
const SQLITE_BUSY = 5;

/** STRICT keeps the kinds of values; BINARY, the default collation, is the port's bytewise order. */
const SCHEMA = `
  CREATE TABLE record (
    key TEXT PRIMARY KEY,
    revision INTEGER NOT NULL,
    fields TEXT NOT NULL -- a JSON object of strings
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE feed (
    revision INTEGER PRIMARY KEY,
    commit_id TEXT NOT NULL,
    keys TEXT NOT NULL -- one a line
  ) STRICT;
  PRAGMA application_id = ${APPLICATION_ID};
  PRAGMA user_version = ${SCHEMA_VERSION};
`;

/**
 * Opens the store's file, made if it isn't there: readable by its owner alone, as is its folder if that is new.
 * @param path absolute
 * @throws StoreError `corrupt` for a file of another kind or a newer version
 */
export async function openDatabaseFile(path: string): Promise<DatabaseSync> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  // SQLite would make the file by the umask; its -wal and -shm files take the mode of this one.
  closeSync(openSync(path, 'a', 0o600));
  const deadline = performance.now() + BUSY_TIMEOUT;
  for (;;) {
    try {
      return openAtOnce(path);
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
    }
    await sleep(BUSY_PAUSE * Math.random());
  }
}

/** Where two processes turn a new file to WAL together, SQLite tells one of them that it is busy without waiting. */
function isBusy(error: unknown): boolean {
  if (!(error instanceof Error && 'errcode' in error && typeof error.errcode === 'number')) return false;
  return (error.errcode & 0xff) === SQLITE_BUSY;
}

function openAtOnce(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT });
  try {
    prepareFile(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function prepareFile(database: DatabaseSync): void {
  const journal = database.prepare('PRAGMA journal_mode = WAL').get();
  if (journal?.['journal_mode'] !== 'wal') {
    throw new StoreError('invalid', "the store's file is on a file system without shared memory");
  }
  database.exec('PRAGMA synchronous = FULL');
  database.exec('BEGIN IMMEDIATE');
  if (isEmpty(database)) database.exec(SCHEMA);
  database.exec('COMMIT');
  checkVersion(database);
}

function isEmpty(database: DatabaseSync): boolean {
  return (
    database.prepare('SELECT 1 FROM sqlite_schema').get() === undefined &&
    pragma(database, 'user_version') === 0
  );
}

function checkVersion(database: DatabaseSync): void {
  if (pragma(database, 'application_id') !== APPLICATION_ID) {
    throw new StoreError('corrupt', "the store's file is a database of another program");
  }
  if (pragma(database, 'user_version') !== SCHEMA_VERSION) {
    throw new StoreError('corrupt', "the store's file was written by another version of this program");
  }
}

function pragma(database: DatabaseSync, name: 'application_id' | 'user_version'): unknown {
  return database.prepare(`PRAGMA ${name}`).get()?.[name];
}
