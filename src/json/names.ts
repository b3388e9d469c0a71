import { decodeString } from './string.ts';
import type { Window } from './window.ts';

/** A key that is none of the names. */
export const OTHER = -1;
/** A key that stands for one of the names, but is not spelled like it. */
export const ESCAPED = -2;

function same(bytes: Uint8Array, other: Uint8Array): boolean {
  if (bytes.length !== other.length) return false;
  for (let i = 0; i < other.length; i++) if (bytes[i] !== other[i]) return false;
  return true;
}

/** The names that matter among the keys of one object. */
export class Names {
  readonly #texts: readonly string[];
  readonly #spellings: readonly Uint8Array[];
  /** Bytes of the longest key that may stand for one of them: each byte of it as an escape of six. */
  readonly #longest: number;

  constructor(texts: readonly string[]) {
    this.#texts = texts;
    this.#spellings = texts.map((text) => new TextEncoder().encode(text));
    this.#longest = 6 * Math.max(0, ...this.#spellings.map(({ length }) => length));
  }

  get count(): number {
    return this.#texts.length;
  }

  /**
   * Finds a key among them.
   * @param from where it stands, quotes included
   * @param plain nothing in it is escaped
   * @returns the name's index, OTHER or ESCAPED
   */
  find(window: Window, from: number, to: number, plain: boolean): number {
    if (to - from - 2 > this.#longest) return OTHER;
    const key = window.bytes(from + 1, to - 1);
    if (!plain) {
      const text = decodeString(key);
      return text !== undefined && this.#texts.includes(text) ? ESCAPED : OTHER;
    }
    for (let i = 0; i < this.#spellings.length; i++) {
      const spelling = this.#spellings[i];
      if (spelling !== undefined && same(key, spelling)) return i;
    }
    return OTHER;
  }
}
