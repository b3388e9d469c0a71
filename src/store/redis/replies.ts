import type { FeedEntry, Position, StoredRecord } from '../store.ts';
import { StoreError } from '../store.ts';
import { FORMAT } from './scripts.ts';

/** Reads what a script or command answered; anything unexpected is a StoreError `corrupt`. */
function corrupt(): StoreError {
  return new StoreError('corrupt', 'the Redis server holds something else where the store should be');
}

export function listOf(reply: unknown): readonly unknown[] {
  if (!Array.isArray(reply)) throw corrupt();
  return reply;
}

export function textOf(reply: unknown): string {
  if (typeof reply !== 'string') throw corrupt();
  return reply;
}

export function revisionOf(reply: unknown): number {
  const revision = Number(textOf(reply));
  if (!Number.isSafeInteger(revision) || revision < 0) throw corrupt();
  return revision;
}

/** @param reply [key, [field, value, …]], the record's revision under the empty field name; or null */
export function recordOf(reply: unknown): StoredRecord | undefined {
  if (reply === null) return undefined;
  const [key, pairs] = listOf(reply);
  const fields: Record<string, string> = Object.create(null);
  const values = listOf(pairs);
  for (let at = 0; at < values.length; at += 2) fields[textOf(values[at])] = textOf(values[at + 1]);
  const revision = revisionOf(fields['']);
  delete fields[''];
  return { key: textOf(key), revision, fields };
}

/** A record that the index names must be there. */
export function listedRecordOf(reply: unknown): StoredRecord {
  const record = recordOf(reply);
  if (record === undefined) throw corrupt();
  return record;
}

/** @param reply of HMGET revision id format */
export function positionOf(reply: unknown): Position {
  const [revision, commitId, format] = listOf(reply);
  if (revision === null && commitId === null && format === null) return { revision: 0, commitId: '' };
  if (format !== FORMAT) {
    throw new StoreError('corrupt', 'the Redis server holds a store of another version of this program');
  }
  return { revision: revisionOf(revision), commitId: textOf(commitId) };
}

/** @param reply one entry of XRANGE: [`revision-0`, ['id', id, 'keys', keys]] */
export function feedEntryOf(reply: unknown): FeedEntry {
  const [entryId, pairs] = listOf(reply);
  const [, commitId, , keys] = listOf(pairs);
  return {
    revision: revisionOf(textOf(entryId).replace(/-0$/, '')),
    commitId: textOf(commitId),
    keys: textOf(keys).split('\n'),
  };
}
