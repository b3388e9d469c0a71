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
  /** Bytes of the text before the chunk. */
  #base = 0;
  /** The last of the bytes before the chunk. */
  #earlier = new Blocks();

  get chunk(): Uint8Array {
    return this.#chunk;
  }

  /** Takes a chunk. The one before it must have been left by `advance`. */
  enter(chunk: Uint8Array): void {
    this.#chunk = chunk;
  }

  /** Leaves the chunk. Bytes before `from` will not be asked for any more. */
  advance(from: number): void {
    const { length } = this.#chunk;
    if (from >= 0 && this.#earlier.length > 0) this.#earlier = new Blocks();
    if (from < length) this.#earlier.append(this.#chunk, Math.max(from, 0), length);
    this.#base += length;
    this.#chunk = NOTHING;
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

  /** A range in one piece, to be read at once. */
  bytes(from: number, to: number): Uint8Array {
    if (from >= 0) return this.#chunk.subarray(from, to);
    return Buffer.concat([...this.#earlierSlices(from, to), this.#chunk.subarray(0, Math.max(to, 0))]);
  }

  #earlierSlices(from: number, to: number): Uint8Array[] {
    const { length } = this.#earlier;
    return this.#earlier.slices(length + from, length + Math.min(to, 0));
  }
}
