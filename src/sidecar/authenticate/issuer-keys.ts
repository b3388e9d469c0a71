import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  type JWTVerifyGetKey,
} from 'jose';
import { readKeySet } from '../../config/key-set-file.ts';
import { watchFiles } from '../../http/watch-files.ts';
import type { Logger } from '../../telemetry/log.ts';

/** Bytes of a published set of keys. */
const MAX_BYTES = 1_048_576;
/** Milliseconds to fetch it in. */
const TIMEOUT = 5000;
/** Milliseconds for which it is good; and before which an unknown key's id does not make it be fetched again. */
const MAX_AGE = 600_000;
const COOLDOWN = 30_000;
/** Milliseconds after a fetch that failed in which none is tried. */
const PAUSE = 5000;

/** The issuer's keys are not known, or not well enough. */
export class KeysUnusable extends Error {}

/** Keys that an issuer publishes at a URL. They are fetched when a token needs them, by all that wait at once. */
export class RemoteKeys {
  readonly getKey: JWTVerifyGetKey;
  readonly #name: string;
  readonly #log: Logger;
  #failedAt = Number.NEGATIVE_INFINITY;

  /** @param name of the issuer, for the log */
  constructor(name: string, url: URL, log: Logger) {
    this.#name = name;
    this.#log = log;
    const keys = createRemoteJWKSet(url, {
      timeoutDuration: TIMEOUT,
      cacheMaxAge: MAX_AGE,
      cooldownDuration: COOLDOWN,
      [customFetch]: (...request) => this.#fetch(...request),
    });
    this.getKey = async (header, token) => {
      try {
        return await keys(header, token);
      } catch (error) {
        // A token of another's key, or one that does not say which.
        if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
          throw error;
        throw new KeysUnusable('the issuer’s keys cannot be fetched', { cause: error });
      }
    };
  }

  close(): void {}

  readonly #fetch: FetchImplementation = async (...request) => {
    if (performance.now() - this.#failedAt < PAUSE) throw new KeysUnusable('the last fetch has just failed');
    try {
      return await fetchBounded(...request);
    } catch (error) {
      this.#failedAt = performance.now();
      const reason = error instanceof Error ? error.name : 'unknown';
      this.#log.warn({ tokenIssuer: this.#name, reason }, 'the keys of a token issuer cannot be fetched');
      throw error;
    }
  };
}

const fetchBounded: FetchImplementation = async (url, options) => {
  const response = await fetch(url, options);
  if (response.status !== 200) throw new Error(`the answer is ${response.status}`);
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > MAX_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return new Response(Buffer.concat(chunks));
};

/** Keys in a file. Where it changes to something that cannot be used, the old ones stay. */
export class FileKeys {
  readonly getKey: JWTVerifyGetKey;
  readonly #unwatch: () => void;

  /**
   * @param name of the issuer, for the log
   * @param interval milliseconds between two looks at the file
   * @throws Error with one line for a person, which holds nothing of the file
   */
  constructor(name: string, file: string, log: Logger, interval?: number) {
    let keys = createLocalJWKSet(readOrThrow(file));
    this.getKey = (header, token) => keys(header, token);
    const renew = (): void => {
      const read = readKeySet(file);
      if ('fault' in read)
        log.error({ tokenIssuer: name, fault: read.fault }, 'new keys cannot be used: the old ones stay');
      else keys = createLocalJWKSet(read.keySet);
    };
    this.#unwatch = watchFiles([file], renew, interval);
  }

  close(): void {
    this.#unwatch();
  }
}

function readOrThrow(file: string) {
  const read = readKeySet(file);
  if ('fault' in read) throw new Error(read.fault);
  return read.keySet;
}
