import type { FeedEntry, Position } from './store.ts';
import { StoreError } from './store.ts';

/** Commits that the change feed keeps at the least. */
export const KEPT_COMMITS = 100_000;

/** Commits that a feed reads, and yields, at a time. */
export const FEED_BATCH = 100;

/**
 * The entries that follow a position, once the history they come from is known to hold it.
 * @param after where the reader stands
 * @param entries kept entries in order, from the revision of `after` on, that one included
 * @throws StoreError `revision_gone` where another history, or none, holds the position; `corrupt` at a gap
 */
export function entriesAfter(after: Position, entries: readonly FeedEntry[]): readonly FeedEntry[] {
  const following = after.revision === 0 ? entries : entries.slice(1);
  const joint: Position | undefined = after.revision === 0 ? after : entries[0];
  if (joint?.revision !== after.revision || joint.commitId !== after.commitId) throw gone();
  for (const [index, entry] of following.entries()) {
    if (entry.revision === after.revision + 1 + index) continue;
    if (index === 0 && after.revision === 0) throw gone();
    throw new StoreError('corrupt', 'the change feed has a gap');
  }
  return following;
}

function gone(): StoreError {
  return new StoreError('revision_gone', 'the change feed does not reach back to that revision');
}
