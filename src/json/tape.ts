import { Blocks } from './blocks.ts';

interface Range {
  readonly source: Uint8Array;
  readonly from: number;
  to: number;
}

/**
 * What goes out, in order: first what is settled, then what may yet be taken back. Ranges that stand beside each
 * other in the same chunk become one, so that a chunk of kept items leaves as a single slice.
 */
export class Tape {
  /** The beginning of the tape, if it was not settled when its chunk was left. */
  #held = new Blocks();
  /** The rest, in the chunk at hand or in memory that will not change. */
  #ranges: Range[] = [];
  #length = 0;
  #settled = 0;

  /** Bytes that may yet be taken back. */
  get unsettled(): number {
    return this.#length - this.#settled;
  }

  append(source: Uint8Array, from: number, to: number): void {
    if (from === to) return;
    const last = this.#ranges.at(-1);
    if (last !== undefined && last.to === from && last.source === source) last.to = to;
    else this.#ranges.push({ source, from, to });
    this.#length += to - from;
  }

  /** Nothing of what is on the tape will be taken back. */
  settle(): void {
    this.#settled = this.#length;
  }

  /** Takes back what was appended since this many bytes were unsettled. */
  truncate(unsettled: number): void {
    let excess = this.unsettled - unsettled;
    this.#length -= excess;
    for (let last = this.#ranges.at(-1); last !== undefined && excess > 0; last = this.#ranges.at(-1)) {
      const cut = Math.min(excess, last.to - last.from);
      last.to -= cut;
      if (last.to === last.from) this.#ranges.pop();
      excess -= cut;
    }
    if (excess > 0) this.#held.truncate(this.#held.length - excess);
  }

  /** Takes what is settled off the tape. The rest is copied: it must not hold on to a chunk's memory. */
  take(): Uint8Array[] {
    let settled = this.#settled;
    let taken: Uint8Array[] = [];
    if (settled > 0) {
      taken = this.#held.slices(0, this.#held.length);
      settled -= this.#held.length;
      this.#held = new Blocks();
    }
    for (const { source, from, to } of this.#ranges) {
      const middle = Math.min(to, from + settled);
      if (middle > from) taken.push(source.subarray(from, middle));
      if (to > middle) this.#held.append(source, middle, to);
      settled -= middle - from;
    }
    this.#ranges = [];
    this.#length -= this.#settled;
    this.#settled = 0;
    return taken;
  }
}
