import { describe, expect, test } from 'vitest';
import type { FeedEntry, Position, Store } from '../../src/store/store.ts';
import type { StoreUnderTest } from './store.contract.ts';

export const START: Position = { revision: 0, commitId: '' };

export function feedContract(subject: StoreUnderTest): void {
  describe('the change feed', () => {
    test('it tells each commit in order, with the keys that it named and the id that it gave', async () => {
      const { store } = await subject.create();
      const first = await store.commit([
        { key: 'b', set: { x: '1' } },
        { key: 'a', set: { x: '1' } },
      ]);
      const second = await store.commit([
        { key: 'a', remove: true },
        { key: 'never', unset: ['x'] },
      ]);
      expect(await take(store, START, 2)).toEqual([
        { ...positionOf(first), keys: ['b', 'a'] },
        { ...positionOf(second), keys: ['a', 'never'] },
      ]);
    });

    test('it can be read from any position that it keeps', async () => {
      const { store } = await subject.create();
      for (let index = 0; index < 5; index += 1) await touch(store);
      const all = await take(store, START, 5);
      for (const [index, entry] of all.slice(0, -1).entries()) {
        expect(await take(store, entry, 4 - index)).toEqual(all.slice(index + 1));
      }
    });

    test('a commit that did not come about is not told', async () => {
      const { store } = await subject.create();
      await store.commit([{ key: 'a', set: { x: '1' } }], [{ key: 'a', revision: 4 }]);
      await touch(store, 'b');
      expect((await take(store, START, 1)).map((entry) => entry.keys)).toEqual([['b']]);
    });

    test('every commit has another id, and the last is where the store stands', async () => {
      const { store, again } = await subject.create();
      const other = await again();
      for (let index = 0; index < 10; index += 1) await touch(index % 2 === 0 ? store : other);
      const entries = await take(store, START, 10);
      expect(new Set(entries.map((entry) => entry.commitId)).size).toBe(10);
      const { revision, commitId } = entries.at(-1) ?? START;
      expect(await store.position()).toEqual({ revision, commitId });
      expect(await other.position()).toEqual({ revision, commitId });
    });

    // Looking once a second would take three times as long as the test may.
    test('a reader that waits is woken by a commit, of its own opening or of another', {
      timeout: 10_000,
    }, async () => {
      const { store, again } = await subject.create();
      const other = await again();
      for (let index = 0; index < 30; index += 1) {
        const at = await store.position();
        const waiting = take(store, at, 1);
        await settle();
        await touch(index % 2 === 0 ? store : other);
        expect((await waiting)[0]?.revision).toBe(at.revision + 1);
      }
    });

    test('readers that start while many write miss nothing and read nothing twice', async () => {
      const { store, again } = await subject.create();
      const stores = [store, await again(), await again()];
      const readings: Promise<readonly FeedEntry[]>[] = [];
      const written = stores.map(async (writer) => {
        for (let index = 0; index < 50; index += 1) {
          await touch(writer, `key/${index}`);
          if (index % 10 === 0) readings.push(takeTo(writer, await writer.position(), 150));
        }
      });
      await Promise.all(written);
      const all = await take(stores[1] ?? store, START, 150);
      expect(all.map((entry) => entry.revision)).toEqual(
        Array.from({ length: 150 }, (_, index) => index + 1),
      );
      expect(readings).toHaveLength(15);
      for (const reading of readings) {
        const entries = await reading;
        expect(entries).toEqual(all.slice(all.length - entries.length));
      }
    });

    test('a position that the feed no longer keeps is gone, and so is the start', async () => {
      const { store } = await subject.create(10);
      await touch(store);
      const early = await store.position();
      for (let index = 0; index < 130; index += 1) await touch(store);
      await expect(take(store, early, 1)).rejects.toMatchObject({ code: 'revision_gone' });
      await expect(take(store, START, 1)).rejects.toMatchObject({ code: 'revision_gone' });
      const last = await store.position();
      const waiting = take(store, last, 1);
      await touch(store);
      expect((await waiting)[0]?.revision).toBe(132);
    });

    test('a position that never was in its history is gone', async () => {
      const { store } = await subject.create();
      await touch(store);
      await touch(store);
      const { revision, commitId } = await store.position();
      for (const position of [
        { revision, commitId: 'another' },
        { revision: 1, commitId },
        { revision: revision + 1, commitId },
      ]) {
        await expect(take(store, position, 1)).rejects.toMatchObject({ code: 'revision_gone' });
      }
    });

    test('the signal ends a reader that waits, and one that reads', async () => {
      const { store } = await subject.create();
      await touch(store);
      for (const after of [START, await store.position()]) {
        const stop = new AbortController();
        const reading = drain(store, after, stop.signal);
        await settle();
        stop.abort();
        await reading;
      }
      await drain(store, START, AbortSignal.abort());
    });

    test('closing the store ends its readers, and what is asked of it afterwards is refused', async () => {
      const { store, again } = await subject.create();
      const other = await again();
      const reading = drain(other, START, new AbortController().signal);
      await settle();
      await other.close();
      await reading;
      await other.close();
      await expect(other.read(['a'])).rejects.toMatchObject({ code: 'unreachable' });
      await expect(other.position()).rejects.toMatchObject({ code: 'unreachable' });
      expect((await store.position()).revision).toBe(0);
    });
  });
}

/** The first entries of the feed after a position. */
export async function take(store: Store, after: Position, count: number): Promise<readonly FeedEntry[]> {
  const entries: FeedEntry[] = [];
  for await (const batch of store.changes(after, new AbortController().signal)) {
    entries.push(...batch);
    if (entries.length >= count) break;
  }
  return entries;
}

async function takeTo(store: Store, after: Position, revision: number): Promise<readonly FeedEntry[]> {
  return after.revision === revision ? [] : take(store, after, revision - after.revision);
}

async function drain(store: Store, after: Position, signal: AbortSignal): Promise<void> {
  for await (const batch of store.changes(after, signal)) expect(batch.length).toBeGreaterThan(0);
}

async function touch(store: Store, key = 'a'): Promise<void> {
  await store.commit([{ key, set: { x: '1' } }]);
}

function positionOf(result: Awaited<ReturnType<Store['commit']>>): Position {
  if (!result.committed) throw new Error('not committed');
  return result.position;
}

/** Time for a reader to come to where it waits. What is claimed must hold also if it has not. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 30));
}
