import { decodeString } from './string.ts';
import type { Window } from './window.ts';

/** A key that is none of the names. */
export const OTHER = -1;
/** A key that stands for one of the names, but is not spelled like it. */
export const ESCAPED = -2;

/** The names that matter among the keys of one object. */
export class Names {
  readonly #texts: readonly string[];
  readonly #spellings: readonly Uint8Array[];
  /** Bytes of the longest key that may stand for one of them: each byte of it as an escape of six. */
  readonly #longest: number;
  /** A bit for each of their lengths in bytes, modulo 32. */
  readonly #lengths: number;

  constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.#spellings = texts.map((text) => new TextEncoder().encode(text));
    this.#longest = 6 * Math.max(0, ...this.#spellings.map(({ length }) => length));
    this.#lengths = this.#spellings.reduce((lengths, { length }) => lengths | (1 << (length & 31)), 0);
  }

  get count(): number {
    return this.#texts.length;
  }

  /** Whether a key of so many bytes, quotes included, may be one of them if nothing in it is escaped. */
  mayBe(length: number): boolean {
    return ((this.#lengths >>> ((length - 2) & 31)) & 1) === 1;
  }

  /**
   * Finds a key among them.
   * @param from where it stands, quotes included
   * @param plain nothing in it is escaped
   * @returns the name's index, OTHER or ESCAPED
   */
  find(window: Window, from: number, to: number, plain: boolean): number {
    if (to - from - 2 > this.#longest) return OTHER;
    if (!plain) {
      const text = decodeString(window.bytes(from + 1, to - 1));
      return text !== undefined && this.#texts.includes(text) ? ESCAPED : OTHER;
    }
    for (let i = 0; i < this.#spellings.length; i++) {
      const spelling = this.#spellings[i];
      if (spelling !== undefined && window.holds(from + 1, to - 1, spelling)) return i;
    }
    return OTHER;
  }
}
