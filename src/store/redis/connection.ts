import { Redis } from 'ioredis';
import { StoreError } from '../store.ts';
import type { RedisServer } from './redis-url.ts';

/** Milliseconds for TCP and TLS. */
const CONNECT_TIMEOUT = 5_000;
/** Milliseconds at most between two attempts to reconnect. */
const MAX_PAUSE = 1_000;

export interface ConnectionOptions {
  /** Milliseconds after which an unanswered command fails, and the connection with it. */
  readonly timeout: number;
  /** Make a new connection whenever one is lost; otherwise it stays lost. */
  readonly reconnect: boolean;
  /** Ends the connection, or the attempt to make it. */
  readonly signal: AbortSignal;
}

/**
 * A connection that is ready for commands. Commands sent while it is down fail at once, and none is ever sent
 * twice: a commit must not be.
 * @throws StoreError `unreachable`
 */
export async function connect(server: RedisServer, options: ConnectionOptions): Promise<Redis> {
  const redis = new Redis({
    host: server.host,
    port: server.port,
    ...(server.tls && { tls: {} }),
    ...(server.username !== undefined && { username: server.username }),
    ...(server.password !== undefined && { password: server.password }),
    db: server.database,
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT,
    disconnectTimeout: 500,
    commandTimeout: options.timeout,
    socketTimeout: options.timeout,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // At 0, what was under way when the connection broke fails there and then; else it waits for the next one.
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => (options.reconnect ? pause(attempt) : null),
  });
  let fault: unknown;
  // Without a listener ioredis prints errors. The promise of connect() tells only that the connection closed.
  redis.on('error', (error) => {
    fault = error;
  });
  const end = () => redis.disconnect();
  try {
    options.signal.throwIfAborted();
    options.signal.addEventListener('abort', end, { once: true });
    await redis.connect();
    return redis;
  } catch (error) {
    options.signal.removeEventListener('abort', end);
    redis.disconnect();
    throw redisFault(fault ?? error);
  }
}

function pause(attempt: number): number {
  return Math.min(MAX_PAUSE, 50 * 2 ** (attempt - 1)) * (0.5 + Math.random() / 2);
}

/**
 * Sends one command and gives its reply as ioredis reads it.
 * @throws StoreError
 */
export async function send(redis: Redis, command: string, args: readonly string[]): Promise<unknown> {
  try {
    return await redis.call(command, [...args]);
  } catch (error) {
    throw redisFault(error);
  }
}

/** Words that begin Redis's own errors, and what they mean to a caller of the store. */
const REFUSALS: Readonly<Record<string, string>> = {
  NOAUTH: 'the Redis server asks for a password',
  WRONGPASS: 'the Redis server refused the user or password',
  NOPERM: 'the Redis server does not let this user do that',
  READONLY: 'the Redis server is a replica',
  OOM: 'the Redis server has no memory left',
  MISCONF: 'the Redis server cannot write to its disk',
  LOADING: 'the Redis server is still loading its data',
  BUSY: 'the Redis server is busy with a script',
};

/**
 * What a caller of the store is told of an error of ioredis. Nothing of the error itself goes on: its message may
 * hold keys or addresses, and it carries the command with all that was sent, passwords too.
 */
export function redisFault(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  if (error instanceof Error && error.name === 'ReplyError') {
    const word = /^[A-Z]+/.exec(error.message)?.[0] ?? '';
    const refusal = REFUSALS[word];
    if (refusal !== undefined) return new StoreError('unreachable', refusal);
    if (word === 'ERR' || word === 'WRONGTYPE') {
      return new StoreError('corrupt', 'the Redis server holds something else where the store should be');
    }
    return new StoreError('unreachable', `the Redis server cannot do that now (${word})`);
  }
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'no answer';
  return new StoreError('unreachable', `the Redis server cannot be reached (${code})`);
}
