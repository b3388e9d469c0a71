import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { RedisStore } from '../../src/store/redis/redis-store.ts';
import { parseRedisUrl } from '../../src/store/redis/redis-url.ts';
import { freePort, startRedisServer } from '../redis-server.ts';

describe('the address of a Redis', () => {
  test.each([
    ['redis://one.example', { host: 'one.example', port: 6379, tls: false, database: 0, tag: '{fullmakt}' }],
    ['rediss://one.example:7000/3', { host: 'one.example', port: 7000, tls: true, database: 3 }],
    ['redis://:p%40ss@one.example/', { username: undefined, password: 'p@ss', database: 0 }],
    ['redis://us%2Fer:pass@one.example', { username: 'us/er', password: 'pass' }],
    ['redis://[::1]:6380', { host: '::1', port: 6380 }],
    ['redis://one.example?prefix=tenant-1', { tag: '{tenant-1}' }],
  ])('%s is read', (url, server) => {
    expect(parseRedisUrl(new Secret(url))).toMatchObject(server);
  });

  test.each([
    'one.example:6379',
    'http://one.example',
    'redis://',
    'redis:///3',
    'redis://one.example/three',
    'redis://one.example/1/2',
    'redis://one.example?family=6',
    'redis://one.example?prefix=a&prefix=b',
    'redis://one.example?prefix=%7B%7D',
    'redis://one.example?prefix=',
    'redis://one.example/#0',
    'redis://hush%ZZ:x@one.example',
    'redis+sentinel://hush@one.example',
    'redis+cluster://hush@one.example',
  ])('%s is refused, and not repeated', (url) => {
    let fault: unknown;
    try {
      parseRedisUrl(new Secret(url));
    } catch (error) {
      fault = error;
    }
    expect(fault).toMatchObject({ name: 'StoreError', code: 'invalid' });
    expect(inspect(fault, { showHidden: true }).split('\n')[0]).not.toMatch(/one\.example|hush/);
  });

  test('sentinels and clusters are said to be not supported yet', () => {
    expect(() => parseRedisUrl(new Secret('redis+sentinel://one'))).toThrow(
      /redis\+sentinel.*not supported yet/,
    );
  });
});

test('a Redis that is not there is unreachable', async () => {
  const url = new Secret(`redis://:hush@127.0.0.1:${await freePort()}`);
  const fault = await RedisStore.open(url, { durability: 'relaxed' }).catch((error: unknown) => error);
  expect(fault).toMatchObject({ code: 'unreachable', message: expect.stringContaining('ECONNREFUSED') });
  expect(inspect(fault, { depth: null, showHidden: true })).not.toMatch(/hush|127\.0\.0\.1/);
});

const server = await startRedisServer(['--requirepass', 'hush']);
afterAll(() => server?.stop());

describe.skipIf(server === undefined)('a Redis with a password', () => {
  if (server === undefined) return;
  const url = (userinfo: string, rest = '') =>
    new Secret(`redis://${userinfo}127.0.0.1:${server.port}${rest}`);
  const open: RedisStore[] = [];

  afterEach(async () => {
    for (const store of open.splice(0)) await store.close();
  });

  async function openStore(userinfo = ':hush@', rest = ''): Promise<RedisStore> {
    const store = await RedisStore.open(url(userinfo, rest), { durability: 'relaxed' });
    open.push(store);
    return store;
  }

  test('is opened with it, with or without the name of the user', async () => {
    await openStore();
    await openStore('default:hush@');
  });

  test.each([
    ['', 'asks for a password'],
    [':psst@', 'refused the user or password'],
  ])('is not opened by "%s", and the password is not repeated', async (userinfo, words) => {
    const fault = await openStore(userinfo).catch((error: unknown) => error);
    expect(fault).toMatchObject({ code: 'unreachable', message: expect.stringContaining(words) });
    expect(inspect(fault, { depth: null, showHidden: true })).not.toContain('psst');
  });

  test('faults hold nothing of what was stored', async () => {
    const store = await openStore(':hush@', '/2');
    const redis = new Redis(server.port, { password: 'hush', db: 2 });
    await redis.set('{fullmakt}:record:secret-key', 'no hash');
    const change = { key: 'secret-key', set: { x: 'secret-value' } };
    const fault = await store
      .commit([change], [{ key: 'secret-key', revision: 0 }])
      .catch((error: unknown) => error);
    redis.disconnect();
    expect(fault).toMatchObject({ name: 'StoreError', code: 'corrupt' });
    expect(inspect(fault, { depth: null, showHidden: true })).not.toMatch(/secret-key|secret-value/);
  });

  test('stores in other databases, or under other prefixes, know nothing of each other', async () => {
    const stores = [
      await openStore(),
      await openStore(':hush@', '/1'),
      await openStore(':hush@', '?prefix=other'),
    ];
    for (const [index, store] of stores.entries())
      await store.commit([{ key: 'a', set: { x: String(index) } }]);
    for (const [index, store] of stores.entries()) {
      expect((await store.list('', { limit: 9 })).records).toEqual([
        { key: 'a', revision: 1, fields: { x: String(index) } },
      ]);
    }
  });

  test('a store of another version is refused', async () => {
    const redis = new Redis(server.port, { password: 'hush' });
    await redis.hset('{newer}:position', { revision: '4', id: 'x', format: '2' });
    redis.disconnect();
    await expect(openStore(':hush@', '?prefix=newer')).rejects.toMatchObject({ code: 'corrupt' });
  });

  test('what is asked while the server is away fails at once, and works again when it is back', async () => {
    const store = await openStore();
    await server.kill();
    const commit = () => store.commit([{ key: 'b', set: { x: '1' } }]);
    await expect(commit()).rejects.toMatchObject({ code: 'unreachable' });
    await expect(store.read(['b'])).rejects.toMatchObject({ code: 'unreachable' });
    await expect(store.position()).rejects.toMatchObject({ code: 'unreachable' });
    await server.start();
    const { position } = await vi.waitFor(
      async () => {
        const result = await commit();
        if (!result.committed) throw new Error('a conflict');
        return result;
      },
      { timeout: 10_000, interval: 50 },
    );
    expect((await store.read(['b'])).records[0]?.revision).toBe(position.revision);
    await vi.waitFor(async () => expect(await store.position()).toEqual(position), { timeout: 10_000 });
  });
});
