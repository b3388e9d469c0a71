import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { Redis } from 'ioredis';

/** Settings of a Redis that keeps what it acknowledged. */
export const DURABLE = ['--appendonly', 'yes', '--appendfsync', 'always'];

/** A Redis whose URL names keys that nobody else has. */
export interface TestRedis {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * A Redis for tests: the one at REDIS_URL, else one in a container where a Docker engine answers, else a
 * `redis-server` on the PATH. Its URL has a prefix of its own, so that a shared server will do.
 * @returns undefined, having said so aloud, where there is none
 * @throws Error where there is none and FULLMAKT_REQUIRE holds `redis`
 */
export async function startRedis(): Promise<TestRedis | undefined> {
  const shared = process.env['REDIS_URL'];
  if (shared) return sharedRedis(shared);
  return (await containedRedis()) ?? (await startRedisServer());
}

async function sharedRedis(server: string): Promise<TestRedis> {
  const url = new URL(server);
  const prefix = `fullmakt-test-${randomUUID()}`;
  url.search = new URLSearchParams({ prefix }).toString();
  return {
    url: url.href,
    async stop() {
      const redis = new Redis(server, { retryStrategy: () => null });
      for await (const keys of redis.scanStream({ match: `{${prefix}*`, count: 1_000 })) {
        if (keys.length > 0) await redis.unlink(keys);
      }
      redis.disconnect();
    },
  };
}

async function containedRedis(): Promise<TestRedis | undefined> {
  if (!process.env['DOCKER_HOST'] && !existsSync('/var/run/docker.sock')) return undefined;
  try {
    const { GenericContainer } = await import('testcontainers');
    const container = await new GenericContainer('redis:8-alpine')
      .withExposedPorts(6379)
      .withCommand(['redis-server', ...DURABLE])
      .start();
    return {
      url: `redis://${container.getHost()}:${container.getMappedPort(6379)}`,
      stop: async () => void (await container.stop()),
    };
  } catch {
    return undefined;
  }
}

/** None of them outlives the tests, whatever becomes of these. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** A `redis-server` process of our own, which a test may treat badly. */
export class RedisServer implements TestRedis {
  readonly port: number;
  /** Where it keeps its data; gone after `stop`. */
  readonly folder: string;
  readonly #settings: readonly string[];
  #process: ChildProcess | undefined;

  constructor(port: number, folder: string, settings: readonly string[]) {
    this.port = port;
    this.folder = folder;
    this.#settings = settings;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Resolves when it answers. */
  async start(): Promise<void> {
    const place = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''];
    const child = spawn('redis-server', [...place, ...this.#settings], { stdio: 'ignore' });
    this.#process = child;
    running.add(child);
    child.once('exit', () => running.delete(child));
    const redis = new Redis(this.port, { retryStrategy: () => 10, maxRetriesPerRequest: null });
    redis.on('error', () => undefined);
    const failed = once(child, 'exit').then(() => {
      throw new Error('redis-server ended instead of answering');
    });
    try {
      // With a password set, the refusal is the answer.
      await Promise.race([redis.ping().catch(() => undefined), failed]);
    } finally {
      failed.catch(() => undefined);
      redis.disconnect();
    }
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.kill(signal);
  }

  /** Ends it as a crash would. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  async stop(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/**
 * A `redis-server` of the PATH, on a free port, with durable settings.
 * @param settings more of its command line: `['--maxmemory', '1mb']`
 * @returns, @throws as startRedis
 */
export async function startRedisServer(
  settings: readonly string[] = DURABLE,
): Promise<RedisServer | undefined> {
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .some((folder) => existsSync(join(folder, 'redis-server')));
  if (!found) return leaveOut();
  const folder = await mkdtemp(join(tmpdir(), 'fullmakt-redis-'));
  const server = new RedisServer(await freePort(), folder, settings);
  await server.start();
  return server;
}

function leaveOut(): undefined {
  if ((process.env['FULLMAKT_REQUIRE'] ?? '').split(',').includes('redis')) {
    throw new Error(
      'FULLMAKT_REQUIRE names redis, and there is neither a REDIS_URL, nor Docker, nor a redis-server',
    );
  }
  process.stderr.write(
    'left out: tests on Redis (no REDIS_URL, no Docker engine, no redis-server on the PATH)\n',
  );
  return undefined;
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port to listen on');
  return address.port;
}
