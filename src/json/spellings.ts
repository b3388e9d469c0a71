import type { Verdict } from './verdicts.ts';

/** Where an attribute's value stands in a chunk, its quotes left off. */
export interface Place {
  readonly from: number;
  readonly to: number;
}

const SLOTS = 1024;
/** Bytes a slot: each value after its length. */
const ROOM = 32;
/** A text with fewer items than this is not worth a table. */
const WORTHWHILE = 32;

function hashOf(chunk: Uint8Array, places: readonly Place[]): number {
  let hash = 0;
  for (const { from, to } of places) {
    for (let at = from; at < to; at++) hash = Math.imul(hash ^ (chunk[at] ?? 0), 0x0100_0193);
    hash = Math.imul(hash ^ (hash >>> 15) ^ (to - from), 0x2c1b_3c6d);
  }
  return hash ^ (hash >>> 16);
}

/**
 * Finds verdicts by the very bytes of an item's attributes, which is cheaper than by what they stand for. Each
 * spelling has one slot, which the last to come takes: a crafted text can make this useless, but not slow or large.
 */
export class Spellings {
  #spellings = new Uint8Array(0);
  /** By slot. */
  readonly #verdicts = new Map<number, Verdict>();
  #offered = 0;

  find(chunk: Uint8Array, places: readonly Place[]): Verdict | undefined {
    if (this.#offered < WORTHWHILE) return undefined;
    const slot = hashOf(chunk, places) & (SLOTS - 1);
    return this.#holds(slot * ROOM, chunk, places) ? this.#verdicts.get(slot) : undefined;
  }

  remember(chunk: Uint8Array, places: readonly Place[], verdict: Verdict): void {
    if (this.#offered++ < WORTHWHILE) return;
    if (this.#spellings.length === 0) this.#spellings = new Uint8Array(SLOTS * ROOM);
    const room = places.reduce((sum, { from, to }) => sum + 1 + to - from, 0);
    if (room > ROOM) return;
    const slot = hashOf(chunk, places) & (SLOTS - 1);
    let at = slot * ROOM;
    for (const { from, to } of places) {
      this.#spellings[at++] = to - from;
      for (let i = from; i < to; i++) this.#spellings[at++] = chunk[i] ?? 0;
    }
    this.#verdicts.set(slot, verdict);
  }

  #holds(start: number, chunk: Uint8Array, places: readonly Place[]): boolean {
    const spellings = this.#spellings;
    let at = start;
    for (const { from, to } of places) {
      if (spellings[at++] !== to - from) return false;
      for (let i = from; i < to; i++) if (spellings[at++] !== chunk[i]) return false;
    }
    return true;
  }
}
