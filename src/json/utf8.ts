import { isUtf8 } from 'node:buffer';

/** Bytes of the UTF-8 sequence that begins with this one; 0 if none may (RFC 3629, section 4). */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  if (lead >= 0xf0 && lead < 0xf5) return 4;
  return 0;
}

function isContinuation(byte: number): boolean {
  return byte >= 0x80 && byte < 0xc0;
}

/** Where a sequence begins that the chunk's end cuts; the chunk's length if there is none. */
function cutAt(chunk: Uint8Array, from: number): number {
  for (let at = chunk.length - 1; at >= from && at >= chunk.length - 3; at--) {
    const byte = chunk[at] ?? 0;
    if (!isContinuation(byte)) return at + sequenceLength(byte) > chunk.length ? at : chunk.length;
  }
  return chunk.length;
}

/** The first sequence of a faulty range that is not UTF-8. */
function faultIn(chunk: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to) {
    const length = sequenceLength(chunk[at] ?? 0);
    if (length === 0 || !isUtf8(chunk.subarray(at, Math.min(at + length, to)))) break;
    at += length;
  }
  return at;
}

/**
 * Checks that chunks together are UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing past U+10FFFF). A text that
 * ends within a sequence is not its matter: as JSON, it ends within a string.
 */
export class Utf8Check {
  /** A sequence that the last chunk's end cut. */
  readonly #cut = new Uint8Array(4);
  #cutLength = 0;

  /** Returns where in the chunk the first fault stands (negative: in the chunk before), or undefined. */
  write(chunk: Uint8Array): number | undefined {
    let from = 0;
    if (this.#cutLength > 0) {
      const length = sequenceLength(this.#cut[0] ?? 0);
      const before = this.#cutLength;
      // Each byte as it comes, not the whole at its end: else a quote could close the string before it is looked at.
      for (; this.#cutLength < length && from < chunk.length; from++) {
        const byte = chunk[from] ?? 0;
        if (!isContinuation(byte)) return -before;
        this.#cut[this.#cutLength++] = byte;
      }
      if (this.#cutLength < length) return undefined;
      if (!isUtf8(this.#cut.subarray(0, length))) return -before;
      this.#cutLength = 0;
    }
    const to = cutAt(chunk, from);
    if (!isUtf8(chunk.subarray(from, to))) return faultIn(chunk, from, to);
    this.#cut.set(chunk.subarray(to));
    this.#cutLength = chunk.length - to;
    return undefined;
  }
}
