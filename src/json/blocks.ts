const LARGEST_ROOM = 65_536;

/**
 * Bytes that outlive the chunk they came in, in memory of their own. Grows by blocks, so that a text in chunks of
 * one byte costs neither a copy of all at every growth nor an object a byte.
 */
export class Blocks {
  readonly #blocks: Uint8Array[] = [];
  /** Bytes in use of the last block; the others are full. */
  #filled = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Copies the range to the end. */
  append(bytes: Uint8Array, from: number, to: number): void {
    const last = this.#blocks.at(-1);
    const room = last === undefined ? 0 : last.length - this.#filled;
    const middle = Math.min(to, from + room);
    if (last !== undefined && room > 0) last.set(bytes.subarray(from, middle), this.#filled);
    this.#filled += middle - from;
    if (middle < to) {
      const block = new Uint8Array(Math.max(to - middle, Math.min(this.#length, LARGEST_ROOM)));
      block.set(bytes.subarray(middle, to));
      this.#blocks.push(block);
      this.#filled = to - middle;
    }
    this.#length += to - from;
  }

  /** The range, in pieces that stay as they are whatever is appended. */
  slices(from: number, to: number): Uint8Array[] {
    const slices: Uint8Array[] = [];
    let start = 0;
    for (const block of this.#blocks) {
      if (start + block.length > from && start < to) {
        slices.push(block.subarray(Math.max(from - start, 0), Math.min(to - start, block.length)));
      }
      start += block.length;
    }
    return slices;
  }

  /** Forgets what is past this length. None of it may have been given away in slices. */
  truncate(length: number): void {
    let excess = this.#length - length;
    while (excess > 0 && excess >= this.#filled) {
      this.#blocks.pop();
      excess -= this.#filled;
      this.#filled = this.#blocks.at(-1)?.length ?? 0;
    }
    this.#filled -= excess;
    this.#length = length;
  }
}
