import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';

/** Bytes that may come out whatever went in. */
const FREE = 1_048_576;
/** How many times the bytes that went in may come out beyond that: lists of like objects pack 50 to 1. */
const RATIO = 200;

const OPTIONS = { chunkSize: 65_536, rejectGarbageAfterEnd: true };

const DECODERS = {
  gzip: () => createGunzip(OPTIONS),
  'x-gzip': () => createGunzip(OPTIONS),
  deflate: () => createInflate(OPTIONS),
  br: () => createBrotliDecompress(OPTIONS),
} as const;

export type ContentCoding = keyof typeof DECODERS;

/** Receives a body. */
export interface BodySink {
  write(chunk: Uint8Array): void;
  /** The body ended as it should. */
  end(): void;
  /** The body is not what it says it is. */
  broken(reason: string): void;
}

/** Holds a body back, and lets it go on. */
export interface BodyFlow {
  pause(): void;
  resume(): void;
}

/**
 * The one coding of a body (RFC 9110, section 8.4), `identity` for none; undefined where it is unknown or there
 * are several on top of each other.
 * @param contentEncoding the field's value; undefined where there is no such field
 */
export function contentCoding(
  contentEncoding: string | readonly string[] | undefined,
): ContentCoding | 'identity' | undefined {
  if (contentEncoding === undefined) return 'identity';
  if (typeof contentEncoding !== 'string') return undefined;
  const coding = contentEncoding.trim().toLowerCase();
  if (coding === 'identity' || isKnown(coding)) return coding;
  return undefined;
}

function isKnown(coding: string): coding is ContentCoding {
  return Object.hasOwn(DECODERS, coding);
}

/**
 * Decodes a body that an upstream compressed although it was asked not to. What comes out goes to the sink as it
 * comes; a body that swells beyond all likelihood, is cut, or has bytes after its end is broken.
 */
export class ContentDecoder implements BodyFlow {
  readonly #stream: ReturnType<(typeof DECODERS)[ContentCoding]>;
  readonly #upstream: BodyFlow;
  #in = 0;
  #out = 0;

  constructor(coding: ContentCoding, sink: BodySink, upstream: BodyFlow) {
    this.#upstream = upstream;
    this.#stream = DECODERS[coding]();
    this.#stream.on('data', (chunk: Buffer) => {
      this.#out += chunk.length;
      if (this.#out <= FREE + RATIO * this.#in) sink.write(chunk);
      else sink.broken('it unpacks to too many times its size');
    });
    this.#stream.on('end', () => sink.end());
    this.#stream.on('error', () => sink.broken('its content coding is broken'));
    this.#stream.on('drain', () => upstream.resume());
  }

  write(chunk: Uint8Array): void {
    this.#in += chunk.length;
    if (!this.#stream.write(chunk)) this.#upstream.pause();
  }

  end(): void {
    this.#stream.end();
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  /** Nothing goes to the sink any more. */
  destroy(): void {
    this.#stream.removeAllListeners('data').removeAllListeners('end').destroy();
  }
}
