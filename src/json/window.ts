import { Blocks } from './blocks.ts';
import type { Fault } from './fault.ts';
import type { Tape } from './tape.ts';

const NOTHING = new Uint8Array(0);

/**
 * The chunk at hand, and as many of the bytes before it as may still be needed. Positions count from the
 * beginning of the chunk; those of earlier bytes are negative.
 */
export class Window {
  #chunk: Uint8Array = NOTHING;
  /** The same bytes, for reading text out of them. */
  #buffer: Buffer = Buffer.alloc(0);
  /** A copy of the chunk with a NUL after it, where a scan stops that does not ask at each byte where the end is. */
  #terminated: Uint8Array = NOTHING;
  /** Bytes of the text before the chunk. */
  #base = 0;
  /** The last of the bytes before the chunk. */
  #earlier = new Blocks();

  get chunk(): Uint8Array {
    return this.#chunk;
  }

  /** The chunk and a NUL, which has no place anywhere in JSON. */
  get terminated(): Uint8Array {
    return this.#terminated;
  }

  /** Takes a chunk, as a plain array: a Buffer's slices cost more. The one before it must have been left by `advance`. */
  enter(chunk: Uint8Array): void {
    this.#chunk = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    if (this.#terminated.length <= chunk.length) this.#terminated = new Uint8Array(chunk.length + 1);
    this.#terminated.set(chunk);
    this.#terminated[chunk.length] = 0;
    this.#buffer = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
  }

  /** Leaves the chunk. Bytes before `from` will not be asked for any more. */
  advance(from: number): void {
    const { length } = this.#chunk;
    if (from >= 0 && this.#earlier.length > 0) this.#earlier = new Blocks();
    if (from < length) this.#earlier.append(this.#chunk, Math.max(from, 0), length);
    this.#base += length;
    this.#chunk = NOTHING;
    this.#buffer = Buffer.alloc(0);
  }

  fault(fault: Fault['fault'], at: number, message: string): Fault {
    return { fault, offset: this.#base + at, message };
  }

  /** Puts a range on the tape. */
  copyTo(tape: Tape, from: number, to: number): void {
    if (from < 0) {
      for (const slice of this.#earlierSlices(from, to)) tape.append(slice, 0, slice.length);
    }
    if (to > 0) tape.append(this.#chunk, Math.max(from, 0), to);
  }

  /** Whether a range is made of these bytes. */
  holds(from: number, to: number, bytes: Uint8Array): boolean {
    if (to - from !== bytes.length) return false;
    const start = from < 0 ? 0 : from;
    const source = from < 0 ? this.bytes(from, to) : this.#chunk;
    for (let i = 0; i < bytes.length; i++) if (source[start + i] !== bytes[i]) return false;
    return true;
  }

  /** The first place of a byte in a range, or undefined. */
  find(byte: number, from: number, to: number): number | undefined {
    const start = from < 0 ? 0 : from;
    const source = from < 0 ? this.bytes(from, to) : this.#chunk;
    for (let i = 0; i < to - from; i++) if (source[start + i] === byte) return from + i;
    return undefined;
  }

  /** A range in one piece, to be read at once. */
  bytes(from: number, to: number): Uint8Array {
    if (from >= 0) return this.#chunk.subarray(from, to);
    return Buffer.concat([...this.#earlierSlices(from, to), this.#chunk.subarray(0, Math.max(to, 0))]);
  }

  /** A range that is UTF-8, as text. */
  text(from: number, to: number): string {
    return from < 0 ? Buffer.from(this.bytes(from, to)).toString() : this.#buffer.toString('utf8', from, to);
  }

  #earlierSlices(from: number, to: number): Uint8Array[] {
    const { length } = this.#earlier;
    return this.#earlier.slices(length + from, length + Math.min(to, 0));
  }
}
