import type { Fault } from './fault.ts';
import { NOT_PLAIN, plainScalar, plainString, TextScanner } from './text.ts';
import type { Watcher } from './watcher.ts';
import type { Window } from './window.ts';

// Declared here, not imported: at each use of an imported constant V8 loads it from memory, a fifth of the time.
const TAB = 0x09;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const SPACE = 0x20;
const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

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

function isWhitespace(byte: number): boolean {
  return byte === SPACE || byte === LINE_FEED || byte === CARRIAGE_RETURN || byte === TAB;
}

function closing(opening: number | undefined): number {
  return opening === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY;
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
  /** The watcher is to be told of the next value in the innermost watched container: any in an array, some members. */
  #told = true;
  #state = VALUE;
  /** Where the chunk at hand ends. */
  #end = 0;
  /** Where the key begins that is being read. */
  #keyAt = 0;
  #fault: Fault | undefined;

  constructor(window: Window, watcher: Watcher) {
    this.#window = window;
    this.#watcher = watcher;
  }

  /** Reads the window's chunk. */
  read(): Fault | undefined {
    const bytes = this.#window.terminated;
    const end = this.#window.chunk.length;
    this.#end = end;
    let at = this.#state >= REST_OF_KEY ? this.#resume(bytes) : 0;
    while (at < end) {
      if (this.#depth > this.#watched || !this.#told) at = this.#skim(bytes, at);
      if (at >= end) break;
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

  /**
   * Reads on through what nobody watches while its tokens are whole in the chunk and of the common forms: most of a
   * text, in one loop. It accepts nothing that `read` would not, and leaves to it whatever else there is.
   */
  #skim(bytes: Uint8Array, from: number): number {
    const open = this.#open;
    const watched = this.#watched;
    const floor = this.#told ? watched + 1 : watched;
    const end = this.#end;
    let at = from;
    let depth = this.#depth;
    let state = this.#state;
    loop: while (at < end) {
      const byte = bytes[at] ?? 0;
      if (byte === SPACE || byte === LINE_FEED) {
        at++;
        while (bytes[at] === SPACE) at++;
        continue;
      }
      switch (state) {
        case VALUE:
        case FIRST_VALUE: {
          if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
            if (depth === MAX_DEPTH) break loop;
            open[depth++] = byte;
            state = byte === OPEN_OBJECT ? FIRST_KEY : FIRST_VALUE;
            at++;
            break;
          }
          const to = byte === QUOTE ? plainString(bytes, at + 1) : plainScalar(bytes, at);
          if (to === NOT_PLAIN) break loop;
          at = to;
          state = AFTER_VALUE;
          break;
        }
        case AFTER_VALUE:
          if (byte === COMMA) state = open[depth - 1] === OPEN_OBJECT ? KEY : VALUE;
          else if (depth > floor && byte === closing(open[depth - 1])) depth--;
          else break loop;
          at++;
          break;
        case KEY:
        case FIRST_KEY: {
          if (byte !== QUOTE) break loop;
          const to = plainString(bytes, at + 1);
          if (to === NOT_PLAIN || bytes[to] !== COLON) break loop;
          if (depth === watched && this.#watcher.wants(to - at)) {
            state = COLON_AFTER_KEY;
            at = this.#tellKey(at, to, true);
            break loop;
          }
          state = VALUE;
          at = to + 1;
          break;
        }
        default:
          break loop;
      }
    }
    this.#depth = depth;
    this.#state = state;
    return at;
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
    this.#state = this.#open[this.#depth - 1] === OPEN_OBJECT ? KEY : VALUE;
    return at + 1;
  }

  #colon(at: number): number {
    this.#state = VALUE;
    return at + 1;
  }

  #key(bytes: Uint8Array, at: number): number {
    this.#keyAt = at;
    return this.#keyEnd(this.#text.string(bytes, at + 1, this.#end));
  }

  #keyEnd(at: number): number {
    if (this.#text.done) {
      this.#state = COLON_AFTER_KEY;
      return this.#depth === this.#watched ? this.#tellKey(this.#keyAt, at, this.#text.plain) : at;
    }
    if (this.#text.bad) return this.#refuse(at);
    this.#state = REST_OF_KEY;
    return at;
  }

  #tellKey(from: number, to: number, plain: boolean): number {
    const told = this.#watcher.key(from, to, plain);
    if (typeof told === 'object') return this.#stop(told);
    this.#told = told;
    return to;
  }

  #value(bytes: Uint8Array, at: number, first: number): number {
    let inside: boolean | Fault = false;
    if (this.#depth === this.#watched && this.#told) {
      inside = this.#watcher.value(at, first);
      if (typeof inside === 'object') return this.#stop(inside);
    }
    if (first === QUOTE) return this.#scalarEnd(this.#text.string(bytes, at + 1, this.#end));
    if (first === OPEN_OBJECT || first === OPEN_ARRAY) return this.#openContainer(at, first, inside);
    if ((first >= ZERO && first <= NINE) || first === MINUS)
      return this.#scalarEnd(this.#text.number(bytes, at, this.#end));
    return this.#scalarEnd(this.#text.literal(bytes, at, this.#end));
  }

  #resume(bytes: Uint8Array): number {
    const at = this.#text.resume(bytes, 0, this.#end);
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
    if (this.#depth !== this.#watched || !this.#told) return at;
    this.#told = this.#depth > 0 && this.#open[this.#depth - 1] === OPEN_ARRAY;
    const fault = this.#watcher.valueEnd(at, plain);
    return fault === undefined ? at : this.#stop(fault);
  }

  #openContainer(at: number, bracket: number, watched: boolean): number {
    if (this.#depth === MAX_DEPTH) {
      return this.#stop(this.#window.fault('too_large', at, `nested deeper than ${MAX_DEPTH}`));
    }
    this.#open[this.#depth++] = bracket;
    if (watched) {
      this.#watched++;
      this.#told = bracket === OPEN_ARRAY;
    }
    this.#state = bracket === OPEN_OBJECT ? FIRST_KEY : FIRST_VALUE;
    return at + 1;
  }

  #close(at: number, bracket: number): number {
    if (bracket !== closing(this.#open[this.#depth - 1])) return this.#refuse(at);
    if (this.#depth === this.#watched) {
      const fault = this.#watcher.close(at);
      if (fault !== undefined) return this.#stop(fault);
      this.#watched--;
      this.#told = true;
    }
    this.#depth--;
    return this.#valueEnd(at + 1, true);
  }
}
