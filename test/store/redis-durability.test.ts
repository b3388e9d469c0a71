import { Redis } from 'ioredis';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';
import { durabilityOf } from '../../src/store/redis/durability.ts';
import { RedisStore } from '../../src/store/redis/redis-store.ts';
import { DURABLE, type RedisServer, startRedisServer } from '../redis-server.ts';
import { withWaitAof } from './waitaof-proxy.ts';

const durable = {
  role: 'master',
  appendonly: 'yes',
  appendfsync: 'always',
  maxmemory: '0',
  evictionPolicy: 'noeviction',
  hasWaitAof: true,
};

test.each([
  ['all that it takes', {}, { proof: 'acknowledged' }],
  ['no WAITAOF, and no need of it', { hasWaitAof: false }, { proof: 'acknowledged' }],
  ['a sync each second, and WAITAOF', { appendfsync: 'everysec' }, { proof: 'waitaof' }],
  ['a sync when the kernel likes, and WAITAOF', { appendfsync: 'no' }, { proof: 'waitaof' }],
  ['a limit on memory that refuses writes', { maxmemory: '1' }, { proof: 'acknowledged' }],
  ['a policy that evicts, but no limit', { evictionPolicy: 'allkeys-lru' }, { proof: 'acknowledged' }],
])('%s will do', (_, settings, proof) => {
  expect(durabilityOf({ ...durable, ...settings })).toEqual(proof);
});

test.each([
  ['a replica', { role: 'slave' }, 'replica'],
  ['a server that does not tell its role', { role: '' }, 'replica'],
  ['no append-only file', { appendonly: 'no' }, 'appendonly yes'],
  [
    'a sync each second, and no WAITAOF',
    { appendfsync: 'everysec', hasWaitAof: false },
    'appendfsync always',
  ],
  ['eviction', { maxmemory: '1', evictionPolicy: 'volatile-lru' }, 'noeviction'],
  ['a limit on memory that is not told', { maxmemory: '', evictionPolicy: '' }, 'noeviction'],
])('%s will not do, and the fault says what to set', (_, settings, words) => {
  const durability = durabilityOf({ ...durable, ...settings });
  expect('fault' in durability && durability.fault).toContain(words);
});

const WAY_OUT = expect.stringContaining('admin.durability: relaxed');
const present = await startRedisServer();
await present?.stop();

describe.skipIf(present === undefined)('opening a Redis', () => {
  const servers: RedisServer[] = [];
  const closing: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
    for (const server of servers.splice(0)) await server.stop();
  });

  async function start(...settings: string[]): Promise<RedisServer> {
    const server = await startRedisServer(settings);
    if (server === undefined) throw new Error('no server');
    servers.push(server);
    return server;
  }

  async function open(url: string, durability: 'strict' | 'relaxed' = 'strict'): Promise<RedisStore> {
    const store = await RedisStore.open(new Secret(url), { durability });
    closing.push(() => store.close());
    return store;
  }

  test('one without an append-only file is refused, unless durability is relaxed', async () => {
    const { url } = await start();
    await expect(open(url)).rejects.toMatchObject({
      code: 'not_durable',
      message: expect.stringMatching(/appendonly yes and appendfsync always.*admin\.durability: relaxed/),
    });
    const store = await open(url, 'relaxed');
    expect((await store.commit([{ key: 'a', set: { x: '1' } }])).committed).toBe(true);
  });

  test('a replica is refused', async () => {
    const master = await start(...DURABLE);
    const replica = await start(...DURABLE, '--replicaof', `127.0.0.1 ${master.port}`);
    await expect(open(replica.url)).rejects.toMatchObject({ code: 'not_durable' });
  });

  test('one whose settings nobody may read is refused, with the way out', async () => {
    const { url } = await start(...DURABLE, '--rename-command', 'CONFIG', '');
    await expect(open(url)).rejects.toMatchObject({ code: 'not_durable', message: WAY_OUT });
    await open(url, 'relaxed');
  });

  test('one whose settings this user may not read is refused, with the way out', async () => {
    const server = await start(...DURABLE);
    const redis = new Redis(server.port);
    await redis.acl('SETUSER', 'app', 'on', '>hush', '~*', '&*', '+@all', '-config');
    redis.disconnect();
    const url = server.url.replace('//', '//app:hush@');
    await expect(open(url)).rejects.toMatchObject({ code: 'not_durable', message: WAY_OUT });
    await open(url, 'relaxed');
  });

  test('what was acknowledged survives a crash', async () => {
    const server = await start(...DURABLE);
    const store = await open(server.url);
    await Promise.all(['a', 'b', 'c'].map((key) => store.commit([{ key, set: { x: key } }])));
    await server.kill();
    await expect(store.commit([{ key: 'd', set: { x: 'd' } }])).rejects.toMatchObject({
      code: 'unreachable',
    });
    await server.start();
    const again = await open(server.url);
    const { records } = await again.list('', { limit: 9 });
    expect(records.map((record) => record.key)).toEqual(['a', 'b', 'c']);
  });

  test('with a sync each second, a commit is answered once WAITAOF says that the disk has it', async () => {
    const { port } = await start('--appendonly', 'yes', '--appendfsync', 'everysec');
    const proxy = await withWaitAof(port, 'return {1, 0}');
    closing.push(proxy.close);
    const store = await open(proxy.url);
    const results = await Promise.all(['a', 'b', 'c'].map((key) => store.commit([{ key, set: { x: '1' } }])));
    expect(results.every((result) => result.committed)).toBe(true);
    expect((await store.position()).revision).toBe(3);
    expect(proxy.waits()).toBe(2);
  });

  test('a commit that the disk does not have in time is reported, not acknowledged', async () => {
    const { port } = await start('--appendonly', 'yes', '--appendfsync', 'everysec');
    const proxy = await withWaitAof(port, 'return {0, 0}');
    closing.push(proxy.close);
    const store = await open(proxy.url);
    await expect(store.commit([{ key: 'a', set: { x: '1' } }])).rejects.toMatchObject({
      code: 'not_durable',
    });
  });

  test('a conflict is told as such, whatever the disk does', async () => {
    const { port } = await start('--appendonly', 'yes', '--appendfsync', 'everysec');
    const proxy = await withWaitAof(port, 'return {1, 0}');
    closing.push(proxy.close);
    const store = await open(proxy.url);
    const result = await store.commit([{ key: 'a', set: { x: '1' } }], [{ key: 'a', revision: 3 }]);
    expect(result).toEqual({ committed: false, conflicts: ['a'] });
  });
});
