import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { Follower, type StoreEvent } from '../../src/store/follower.ts';
import { RedisStore } from '../../src/store/redis/redis-store.ts';
import { startRedisServer } from '../redis-server.ts';

const server = await startRedisServer();
const PATIENCE = { timeout: 10_000 };

afterAll(() => server?.stop());

describe.skipIf(server === undefined)('following a Redis that fails', () => {
  if (server === undefined) return;
  let store: RedisStore;
  let follower: Follower;
  let events: StoreEvent[];

  beforeEach(async () => {
    store = await RedisStore.open(new Secret(server.url), { durability: 'strict' });
    follower = await Follower.start(store, { heartbeatInterval: 50 });
    events = [];
    follower.subscribe((event) => events.push(event));
    await touch('first');
    await told('first');
  });

  afterEach(async () => {
    await follower.close();
    await store.close();
  });

  /** Commits through a store of its own, as another process would. */
  async function touch(...keys: string[]): Promise<void> {
    const writer = await RedisStore.open(new Secret(server?.url ?? ''), { durability: 'strict' });
    for (const key of keys) await writer.commit([{ key, set: { x: '1' } }]);
    await writer.close();
  }

  function told(key: string): Promise<void> {
    return vi.waitFor(() => expect(events.at(-1)).toMatchObject({ keys: [key] }), PATIENCE);
  }

  function keysTold(): string[] {
    return events.flatMap((event) => (event.kind === 'touched' ? event.keys : ['(flushed)']));
  }

  async function crashAndRestart(meanwhile: () => Promise<void> = async () => undefined): Promise<void> {
    await server?.kill();
    await meanwhile();
    await server?.start();
  }

  test('after a crash and a restart every commit is told, each once, and nothing is flushed', async () => {
    await touch('a');
    await crashAndRestart();
    await touch('b', 'c');
    await told('c');
    expect(keysTold()).toEqual(['first', 'a', 'b', 'c']);
    await vi.waitFor(() => expect(follower.silence()).toBeLessThan(500), PATIENCE);
    expect(follower.position).toEqual(await store.position());
  });

  test('silence grows while the server hangs, and ends when it goes on', async () => {
    server.signal('SIGSTOP');
    try {
      await vi.waitFor(() => expect(follower.silence()).toBeGreaterThan(700), PATIENCE);
    } finally {
      server.signal('SIGCONT');
    }
    await vi.waitFor(() => expect(follower.silence()).toBeLessThan(500), PATIENCE);
    await touch('a');
    await told('a');
    expect(keysTold()).toEqual(['first', 'a']);
  });

  test('a server that comes back with an older state flushes', async () => {
    const backup = await backUp();
    await touch('lost');
    await told('lost');
    await crashAndRestart(() => restore(backup));
    await vi.waitFor(() => expect(keysTold()).toEqual(['first', 'lost', '(flushed)']), PATIENCE);
    await touch('a');
    await told('a');
    expect(follower.position).toEqual(await store.position());
  });

  test('a server that comes back with an older state, and has gone past the old revision, flushes', async () => {
    const backup = await backUp();
    await touch('lost');
    await told('lost');
    const elsewhere = await startRedisServer();
    if (elsewhere === undefined) throw new Error('no second server');
    await crashAndRestart(async () => {
      await elsewhere.kill();
      await cp(backup, join(elsewhere.folder, 'appendonlydir'), { recursive: true, force: true });
      await elsewhere.start();
      const writer = await RedisStore.open(new Secret(elsewhere.url), { durability: 'strict' });
      for (const key of ['x', 'y', 'z']) await writer.commit([{ key, set: { x: '1' } }]);
      await writer.close();
      await elsewhere.kill();
      await restore(join(elsewhere.folder, 'appendonlydir'));
      await elsewhere.stop();
    });
    await vi.waitFor(() => expect(keysTold()).toEqual(['first', 'lost', '(flushed)']), PATIENCE);
    expect(follower.position).toEqual(await store.position());
  });

  test('a history that is rewritten under a live connection flushes', async () => {
    await touch('a', 'b');
    await told('b');
    const redis = new Redis(server.url);
    await redis.multi().del('{fullmakt}:position').del('{fullmakt}:feed').exec();
    redis.disconnect();
    await touch('p', 'q', 'r', 's', 't');
    await vi.waitFor(() => expect(keysTold()).toContain('(flushed)'), PATIENCE);
    await touch('u');
    await told('u');
    expect(keysTold().slice(0, 4)).toEqual(['first', 'a', 'b', '(flushed)']);
    expect(follower.position).toEqual(await store.position());
  });

  async function backUp(): Promise<string> {
    const backup = join(server?.folder ?? '', 'backup');
    await rm(backup, { recursive: true, force: true });
    await cp(join(server?.folder ?? '', 'appendonlydir'), backup, { recursive: true });
    return backup;
  }

  async function restore(from: string): Promise<void> {
    const data = join(server?.folder ?? '', 'appendonlydir');
    await rm(data, { recursive: true });
    await cp(from, data, { recursive: true });
  }
});
