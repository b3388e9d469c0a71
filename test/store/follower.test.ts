import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { Follower, type StoreEvent } from '../../src/store/follower.ts';
import type { FeedEntry, Position, Store } from '../../src/store/store.ts';

const folder = await mkdtemp(join(tmpdir(), 'fullmakt-follower-'));
const cleanups: (() => Promise<void>)[] = [];
let files = 0;

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});
afterAll(() => rm(folder, { recursive: true }));

async function openFile(path = join(folder, `${++files}.db`)): Promise<EmbeddedStore> {
  const store = await EmbeddedStore.open(path);
  cleanups.push(() => store.close());
  return store;
}

async function follow(store: Store): Promise<{ follower: Follower; events: StoreEvent[] }> {
  const follower = await Follower.start(store, { heartbeatInterval: 20 });
  cleanups.push(() => follower.close());
  const events: StoreEvent[] = [];
  follower.subscribe((event) => events.push(event));
  return { follower, events };
}

async function touch(store: Store, key: string): Promise<void> {
  await store.commit([{ key, set: { x: '1' } }]);
}

/** A store as its callers see it, but for what a test puts in place of a method. */
function behind(store: Store, instead: Partial<Store>): Store {
  return {
    read: (keys) => store.read(keys),
    list: (prefix, page) => store.list(prefix, page),
    commit: (changes, preconditions) => store.commit(changes, preconditions),
    position: () => store.position(),
    changes: (after, signal) => store.changes(after, signal),
    close: () => store.close(),
    ...instead,
  };
}

test('every commit after the start is told, in order, and what came before is not', async () => {
  const store = await openFile();
  await touch(store, 'before');
  const { follower, events } = await follow(store);
  await touch(store, 'a');
  await store.commit([
    { key: 'b', set: { x: '1' } },
    { key: 'a', remove: true },
  ]);
  await vi.waitFor(() => expect(events).toHaveLength(2));
  expect(events).toEqual([
    { kind: 'touched', keys: ['a'], revision: 2 },
    { kind: 'touched', keys: ['b', 'a'], revision: 3 },
  ]);
  expect(follower.position).toEqual(await store.position());
});

test('a listener that has gone is told nothing more', async () => {
  const store = await openFile();
  const { follower, events } = await follow(store);
  const gone: StoreEvent[] = [];
  follower.subscribe((event) => gone.push(event))();
  await touch(store, 'a');
  await vi.waitFor(() => expect(events).toHaveLength(1));
  expect(gone).toEqual([]);
});

test('a closed follower tells nothing more', async () => {
  const store = await openFile();
  const { follower, events } = await follow(store);
  await follower.close();
  await touch(store, 'a');
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(events).toEqual([]);
});

test('silence is broken by each heartbeat', async () => {
  const { follower } = await follow(await openFile());
  const longest = follower.silence() + 200;
  await new Promise((resolve) => setTimeout(resolve, 400));
  await vi.waitFor(() => expect(follower.silence()).toBeLessThan(longest));
});

test('silence grows while the file is not there, and ends when it is back', async () => {
  const path = join(folder, `${++files}.db`);
  const { follower } = await follow(await openFile(path));
  await rename(path, `${path}.away`);
  await vi.waitFor(() => expect(follower.silence()).toBeGreaterThan(300), { timeout: 5_000 });
  await rename(`${path}.away`, path);
  await vi.waitFor(() => expect(follower.silence()).toBeLessThan(300), { timeout: 5_000 });
});

test('a heartbeat is no word from the store until the feed has come as far', async () => {
  const store = await openFile();
  const dead = {
    changes: async function* (_: Position, signal: AbortSignal) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
      const none: readonly FeedEntry[] = [];
      yield none;
    },
  };
  const { follower, events } = await follow(behind(store, dead));
  await touch(store, 'a');
  await vi.waitFor(() => expect(follower.silence()).toBeGreaterThan(300), { timeout: 5_000 });
  expect(events).toEqual([]);
});

test('a feed that breaks is taken up where it broke', async () => {
  const store = await openFile();
  const brittle = {
    changes: async function* (after: Position, signal: AbortSignal) {
      for await (const batch of store.changes(after, signal)) {
        yield batch;
        return;
      }
    },
  };
  const { events } = await follow(behind(store, brittle));
  for (const key of ['a', 'b', 'c']) {
    await touch(store, key);
    await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ keys: [key] }), { timeout: 5_000 });
  }
  expect(events.map((event) => event.kind)).toEqual(['touched', 'touched', 'touched']);
});

test('a heartbeat from another history flushes, though the feed shows nothing', async () => {
  const store = await openFile();
  await touch(store, 'a');
  let other: Position | undefined;
  const { follower, events } = await follow(
    behind(store, { position: async () => other ?? (await store.position()) }),
  );
  other = { revision: 1, commitId: 'another' };
  await vi.waitFor(() => expect(events).toContainEqual({ kind: 'flushed' }), { timeout: 5_000 });
  other = undefined;
  await vi.waitFor(async () => expect(follower.position).toEqual(await store.position()), { timeout: 5_000 });
  await touch(store, 'b');
  await vi.waitFor(() => expect(events.at(-1)).toEqual({ kind: 'touched', keys: ['b'], revision: 2 }), {
    timeout: 5_000,
  });
});

test('a commit that heartbeats have told of and that is lost before the feed brings it flushes', async () => {
  const store = await openFile();
  await touch(store, 'a');
  let ahead: Position | undefined = undefined;
  const { follower, events } = await follow(
    behind(store, { position: async () => ahead ?? (await store.position()) }),
  );
  ahead = { revision: 2, commitId: 'lost' };
  await vi.waitFor(() => expect(follower.silence()).toBeGreaterThan(200), { timeout: 5_000 });
  expect(events).toEqual([]);
  ahead = undefined;
  await vi.waitFor(() => expect(events).toEqual([{ kind: 'flushed' }]), { timeout: 5_000 });
  await vi.waitFor(() => expect(follower.silence()).toBeLessThan(200), { timeout: 5_000 });
});

test('a feed that no longer reaches back flushes, and goes on from where the store stands', async () => {
  const path = join(folder, `${++files}.db`);
  const store = await EmbeddedStore.open(path, { keptCommits: 3 });
  cleanups.push(() => store.close());
  const held = Promise.withResolvers<void>();
  const slow = {
    changes: async function* (after: Position, signal: AbortSignal) {
      await held.promise;
      yield* store.changes(after, signal);
    },
  };
  const { events } = await follow(behind(store, slow));
  for (let index = 0; index < 10; index += 1) await touch(store, `key/${index}`);
  held.resolve();
  await vi.waitFor(() => expect(events).toEqual([{ kind: 'flushed' }]), { timeout: 5_000 });
  await touch(store, 'later');
  await vi.waitFor(() => expect(events.at(-1)).toMatchObject({ keys: ['later'], revision: 11 }));
});

test('a follower of a store that is closed waits in peace', async () => {
  const store = await openFile();
  const { follower } = await follow(store);
  await store.close();
  await vi.waitFor(() => expect(follower.silence()).toBeGreaterThan(200), { timeout: 5_000 });
});

test('a store that cannot be reached cannot be followed', async () => {
  const store = await openFile();
  await store.close();
  await expect(Follower.start(store)).rejects.toMatchObject({ code: 'unreachable' });
});
