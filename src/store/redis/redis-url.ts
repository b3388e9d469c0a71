import type { Secret } from '../../model/secret.ts';
import { StoreError } from '../store.ts';

/** Where a Redis is, as whom to talk to it, and which of its keys are the store's. */
export interface RedisServer {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** What every key begins with: a hash tag, so that a cluster keeps them all in one slot. */
  readonly tag: string;
}

const DEFAULT_PORT = 6379;
const TAG_NAME = /^[\w.:-]{1,100}$/;

/**
 * Reads `redis://[[user]:password@]host[:port][/database][?prefix=name]`, or `rediss://` for TLS. The prefix, by
 * which several stores can share a server, is `fullmakt` unless given.
 * @throws StoreError `invalid`, with nothing of the URL in its message
 */
export function parseRedisUrl(secret: Secret): RedisServer {
  const text = secret.reveal();
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw invalid('the address of the Redis server is not a URL');
  if (url.protocol === 'redis+sentinel:' || url.protocol === 'redis+cluster:') {
    throw invalid(`a store at ${url.protocol}// is not supported yet`);
  }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:') {
    throw invalid('the address of a Redis server begins with redis:// or rediss://');
  }
  if (url.hostname === '') throw invalid('the address of the Redis server names no host');
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    tls: url.protocol === 'rediss:',
    username: credential(url.username),
    password: credential(url.password),
    database: databaseNumber(url.pathname),
    tag: `{${tagName(url)}}`,
  };
}

function credential(encoded: string): string | undefined {
  if (encoded === '') return undefined;
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw invalid('the user or password of the Redis server is not percent-encoded text');
  }
}

function databaseNumber(path: string): number {
  if (path === '' || path === '/') return 0;
  if (!/^\/\d{1,9}$/.test(path)) throw invalid('the database of the Redis server is not a number');
  return Number(path.slice(1));
}

function tagName(url: URL): string {
  const names = url.searchParams.getAll('prefix');
  if (names.length !== url.searchParams.size || names.length > 1 || url.hash !== '') {
    throw invalid('the address of the Redis server has a parameter other than prefix');
  }
  const name = names[0] ?? 'fullmakt';
  if (!TAG_NAME.test(name))
    throw invalid('the prefix of the keys is not letters, digits, and any of . : _ -');
  return name;
}

function invalid(message: string): StoreError {
  return new StoreError('invalid', message);
}
