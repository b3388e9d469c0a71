import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COLON,
  COMMA,
  isWhitespace,
  MINUS,
  NINE,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  SPACE,
  ZERO,
} from './ascii.ts';
import type { Fault } from './fault.ts';
import { TextScanner } from './text.ts';
import type { Window } from './window.ts';

/** Containers within containers (RFC 8259, section 9, lets an implementation set a limit). */
const MAX_DEPTH = 1024;

// What the grammar stands before.
const VALUE = 0;
const FIRST_VALUE = 1;
const KEY = 2;
const FIRST_KEY = 3;
const COLON_AFTER_KEY = 4;
const AFTER_VALUE = 5;
const END_OF_TEXT = 6;
const REST_OF_KEY = 7;
const REST_OF_VALUE = 8;

/** Where a chunk's reading stops at a fault: past the end of any chunk. */
const STOP = 0x7fff_ffff;

/**
 * Told of the text's root and of the children of the containers that it wants to watch. Positions are bytes from
 * the beginning of the chunk at hand, negative if they stand in an earlier one. A fault stops the machine for good.
 */
export interface Watcher {
  /** The key of a member, both quotes included; `plain`: nothing in it is escaped. */
  key(from: number, to: number, plain: boolean): Fault | undefined;
  /** A value begins with this byte. Of an object or an array: whether to watch its children too. */
  value(at: number, first: number): boolean | Fault;
  /** The value ends; `plain`: a string without escapes, or a number with neither fraction nor exponent. */
  valueEnd(to: number, plain: boolean): Fault | undefined;
  comma(at: number): void;
  /** The innermost watched container's closing bracket. Its own `valueEnd` follows. */
  close(at: number): Fault | undefined;
}

/** Accepts exactly the texts of RFC 8259 whose depth is within the limit, in chunks cut anywhere. */
export class Machine {
  readonly #window: Window;
  readonly #watcher: Watcher;
  readonly #text = new TextScanner();
  /** The opening brackets of the containers that are open. */
  readonly #open = new Uint8Array(MAX_DEPTH);
  #depth = 0;
  /** How many of the open containers, from the outermost, are watched. */
  #watched = 0;
  #state = VALUE;
  #keyAt = 0;
  #fault: Fault | undefined;

  constructor(window: Window, watcher: Watcher) {
    this.#window = window;
    this.#watcher = watcher;
  }

  /** Reads the window's chunk. */
  read(): Fault | undefined {
    const bytes = this.#window.chunk;
    let at = this.#state >= REST_OF_KEY ? this.#resume(bytes) : 0;
    while (at < bytes.length) {
      const byte = bytes[at] ?? 0;
      if (byte <= SPACE) {
        at = isWhitespace(byte) ? at + 1 : this.#refuse(at);
        continue;
      }
      switch (this.#state) {
        case AFTER_VALUE:
          at = byte === COMMA ? this.#comma(at) : this.#close(at, byte);
          break;
        case KEY:
          at = byte === QUOTE ? this.#key(bytes, at) : this.#refuse(at);
          break;
        case FIRST_KEY:
          at = byte === QUOTE ? this.#key(bytes, at) : this.#close(at, byte);
          break;
        case COLON_AFTER_KEY:
          at = byte === COLON ? this.#colon(at) : this.#refuse(at);
          break;
        case FIRST_VALUE:
          at = byte === CLOSE_ARRAY ? this.#close(at, byte) : this.#value(bytes, at, byte);
          break;
        case VALUE:
          at = this.#value(bytes, at, byte);
          break;
        default:
          at = this.#refuse(at);
      }
    }
    return this.#fault;
  }

  /** The text ends here. */
  end(): Fault | undefined {
    this.#text.end();
    if (this.#state === REST_OF_VALUE && this.#text.done) this.#valueEnd(0, this.#text.plain);
    if (this.#state !== END_OF_TEXT) this.#refuse(0);
    return this.#fault;
  }

  /** The next chunk's positions begin so many bytes further on. */
  shift(bytes: number): void {
    this.#keyAt -= bytes;
  }

  #stop(fault: Fault): number {
    this.#fault = fault;
    return STOP;
  }

  #refuse(at: number): number {
    const byte = this.#window.chunk[at];
    const found = byte === undefined ? 'the end' : `byte 0x${byte.toString(16).padStart(2, '0')}`;
    return this.#stop(this.#window.fault('syntax', at, `not JSON: ${found} can't stand here`));
  }

  #comma(at: number): number {
    if (this.#depth === this.#watched) this.#watcher.comma(at);
    this.#state = this.#open[this.#depth - 1] === OPEN_OBJECT ? KEY : VALUE;
    return at + 1;
  }

  #colon(at: number): number {
    this.#state = VALUE;
    return at + 1;
  }

  #key(bytes: Uint8Array, at: number): number {
    this.#keyAt = at;
    return this.#keyEnd(this.#text.string(bytes, at + 1));
  }

  #keyEnd(at: number): number {
    if (this.#text.done) {
      this.#state = COLON_AFTER_KEY;
      if (this.#depth !== this.#watched) return at;
      const fault = this.#watcher.key(this.#keyAt, at, this.#text.plain);
      return fault === undefined ? at : this.#stop(fault);
    }
    if (this.#text.bad) return this.#refuse(at);
    this.#state = REST_OF_KEY;
    return at;
  }

  #value(bytes: Uint8Array, at: number, first: number): number {
    let inside: boolean | Fault = false;
    if (this.#depth === this.#watched) {
      inside = this.#watcher.value(at, first);
      if (typeof inside === 'object') return this.#stop(inside);
    }
    if (first === QUOTE) return this.#scalarEnd(this.#text.string(bytes, at + 1));
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) return this.#openContainer(at, first, inside);
    if ((first >= ZERO && first <= NINE) || first === MINUS)
      return this.#scalarEnd(this.#text.number(bytes, at));
    return this.#scalarEnd(this.#text.literal(bytes, at));
  }

  #resume(bytes: Uint8Array): number {
    const at = this.#text.resume(bytes, 0);
    return this.#state === REST_OF_KEY ? this.#keyEnd(at) : this.#scalarEnd(at);
  }

  #scalarEnd(at: number): number {
    if (this.#text.done) return this.#valueEnd(at, this.#text.plain);
    if (this.#text.bad) return this.#refuse(at);
    this.#state = REST_OF_VALUE;
    return at;
  }

  #valueEnd(at: number, plain: boolean): number {
    this.#state = this.#depth === 0 ? END_OF_TEXT : AFTER_VALUE;
    if (this.#depth !== this.#watched) return at;
    const fault = this.#watcher.valueEnd(at, plain);
    return fault === undefined ? at : this.#stop(fault);
  }

  #openContainer(at: number, bracket: number, watched: boolean): number {
    if (this.#depth === MAX_DEPTH) {
      return this.#stop(this.#window.fault('too_large', at, `nested deeper than ${MAX_DEPTH}`));
    }
    this.#open[this.#depth++] = bracket;
    if (watched) this.#watched++;
    this.#state = bracket === OPEN_OBJECT ? FIRST_KEY : FIRST_VALUE;
    return at + 1;
  }

  #close(at: number, bracket: number): number {
    const opening = this.#open[this.#depth - 1];
    if (bracket !== (opening === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY)) return this.#refuse(at);
    if (this.#depth === this.#watched) {
      const fault = this.#watcher.close(at);
      if (fault !== undefined) return this.#stop(fault);
      this.#watched--;
    }
    this.#depth--;
    return this.#valueEnd(at + 1, true);
  }
}
