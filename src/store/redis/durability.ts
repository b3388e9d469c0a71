import type { Redis } from 'ioredis';
import { StoreError } from '../store.ts';
import { redisFault } from './connection.ts';

/** What decides whether a Redis can lose a write that it acknowledged. */
export interface RedisSettings {
  /** `master` or `slave`. */
  readonly role: string;
  readonly appendonly: string;
  readonly appendfsync: string;
  /** Bytes; 0: no limit. */
  readonly maxmemory: string;
  readonly evictionPolicy: string;
  /** The server has WAITAOF (Redis 7.2). */
  readonly hasWaitAof: boolean;
}

/** `acknowledged`: a reply proves that the write is on disk; `waitaof`: WAITAOF must be asked after it. */
export type Durability = { readonly proof: 'acknowledged' | 'waitaof' } | { readonly fault: string };

/** Judges a server by its settings; the fault says what to set. */
export function durabilityOf(settings: RedisSettings): Durability {
  if (settings.role !== 'master') return { fault: 'it is a replica: name its master' };
  if (settings.appendonly !== 'yes') return { fault: 'set appendonly yes and appendfsync always' };
  if (settings.maxmemory !== '0' && settings.evictionPolicy !== 'noeviction') {
    return { fault: 'it may evict records: set maxmemory-policy noeviction' };
  }
  if (settings.appendfsync === 'always') return { proof: 'acknowledged' };
  if (settings.hasWaitAof) return { proof: 'waitaof' };
  return { fault: 'set appendfsync always' };
}

/**
 * Makes sure that the server keeps what it acknowledges.
 * @returns whether each commit must be followed by WAITAOF
 * @throws StoreError `not_durable` where it doesn't, or doesn't tell
 */
export async function requireDurable(redis: Redis): Promise<boolean> {
  const durability = durabilityOf(await readSettings(redis));
  if ('fault' in durability) {
    throw new StoreError(
      'not_durable',
      `the Redis server may lose acknowledged writes: ${durability.fault} (or allow it by admin.durability: relaxed)`,
    );
  }
  return durability.proof === 'waitaof';
}

async function readSettings(redis: Redis): Promise<RedisSettings> {
  try {
    const [replication, appendonly, appendfsync, maxmemory, evictionPolicy, waitAof] = await Promise.all([
      redis.info('replication'),
      redis.config('GET', 'appendonly'),
      redis.config('GET', 'appendfsync'),
      redis.config('GET', 'maxmemory'),
      redis.config('GET', 'maxmemory-policy'),
      redis.call('COMMAND', 'INFO', 'waitaof'),
    ]);
    return {
      role: /^role:(\w+)/m.exec(replication)?.[1] ?? '',
      appendonly: valueOf(appendonly),
      appendfsync: valueOf(appendfsync),
      maxmemory: valueOf(maxmemory),
      evictionPolicy: valueOf(evictionPolicy),
      hasWaitAof: Array.isArray(waitAof) && Array.isArray(waitAof[0]),
    };
  } catch (error) {
    // Managed servers forbid CONFIG, by their access lists or by renaming it.
    if (!(error instanceof Error && error.name === 'ReplyError')) throw redisFault(error);
    throw new StoreError(
      'not_durable',
      'the Redis server does not tell whether it may lose acknowledged writes: allow INFO, CONFIG GET and COMMAND INFO, or set admin.durability: relaxed',
    );
  }
}

/** CONFIG GET answers [name, value]; an unknown name has no answer, and '' is no durable setting. */
function valueOf(reply: unknown): string {
  const value: unknown = Array.isArray(reply) ? reply[1] : undefined;
  return typeof value === 'string' ? value : '';
}
