// Declared here and not imported, as in machine.ts.
const NUL = 0x00;
const QUOTE = 0x22;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_E = 0x45;
const LOWER_E = 0x65;

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

// What the scanner stands before.
/** Nothing: the token is complete. */
const DONE = 0;
/** Nothing: the token was complete before this byte. */
const ENDED = 1;
/** Nothing: this byte can't stand here. */
const BAD = 2;
const CHARACTERS = 3;
const NUMBER = 4;
const AFTER_MINUS = 5;
const AFTER_ZERO = 6;
const INTEGER = 7;
const LITERAL = 8;
const T_RUE = 9;
const TR_UE = 10;
const TRU_E = 11;
const F_ALSE = 12;
const FA_LSE = 13;
const FAL_SE = 14;
const FALS_E = 15;
const N_ULL = 16;
const NU_LL = 17;
const NUL_L = 18;
// Those from here on make a string or a number something else than its plain form.
const ESCAPE = 19;
const HEX_4 = 20;
const HEX_3 = 21;
const HEX_2 = 22;
const HEX_1 = 23;
const AFTER_POINT = 24;
const FRACTION = 25;
const AFTER_E = 26;
const AFTER_SIGN = 27;
const EXPONENT = 28;

const DIGITS = '0123456789';
const HEX_DIGITS = '0123456789abcdefABCDEF';

/** RFC 8259, sections 3 (literals), 6 (numbers) and 7 (strings): from a state, by any of these bytes, to the next. */
const RULES: readonly (readonly [number, string, number])[] = [
  [CHARACTERS, '"', DONE],
  [CHARACTERS, '\\', ESCAPE],
  [ESCAPE, '"\\/bfnrt', CHARACTERS],
  [ESCAPE, 'u', HEX_4],
  [HEX_4, HEX_DIGITS, HEX_3],
  [HEX_3, HEX_DIGITS, HEX_2],
  [HEX_2, HEX_DIGITS, HEX_1],
  [HEX_1, HEX_DIGITS, CHARACTERS],
  [NUMBER, '-', AFTER_MINUS],
  [NUMBER, '0', AFTER_ZERO],
  [NUMBER, '123456789', INTEGER],
  [AFTER_MINUS, '0', AFTER_ZERO],
  [AFTER_MINUS, '123456789', INTEGER],
  [INTEGER, DIGITS, INTEGER],
  [AFTER_ZERO, '.', AFTER_POINT],
  [INTEGER, '.', AFTER_POINT],
  [AFTER_POINT, DIGITS, FRACTION],
  [FRACTION, DIGITS, FRACTION],
  [AFTER_ZERO, 'eE', AFTER_E],
  [INTEGER, 'eE', AFTER_E],
  [FRACTION, 'eE', AFTER_E],
  [AFTER_E, '+-', AFTER_SIGN],
  [AFTER_E, DIGITS, EXPONENT],
  [AFTER_SIGN, DIGITS, EXPONENT],
  [EXPONENT, DIGITS, EXPONENT],
  [LITERAL, 't', T_RUE],
  [T_RUE, 'r', TR_UE],
  [TR_UE, 'u', TRU_E],
  [TRU_E, 'e', DONE],
  [LITERAL, 'f', F_ALSE],
  [F_ALSE, 'a', FA_LSE],
  [FA_LSE, 'l', FAL_SE],
  [FAL_SE, 's', FALS_E],
  [FALS_E, 'e', DONE],
  [LITERAL, 'n', N_ULL],
  [N_ULL, 'u', NU_LL],
  [NU_LL, 'l', NUL_L],
  [NUL_L, 'l', DONE],
];

/** States in which a number may end. */
const NUMBER_ENDS = [AFTER_ZERO, INTEGER, FRACTION, EXPONENT];

/** A state and a byte (state << 8 | byte) to the next state. */
const NEXT = new Uint8Array((EXPONENT + 1) << 8).fill(BAD);
// Control characters may not stand in a string; that the rest is UTF-8 is checked elsewhere.
NEXT.fill(CHARACTERS, (CHARACTERS << 8) | 0x20, (CHARACTERS + 1) << 8);
for (const state of NUMBER_ENDS) NEXT.fill(ENDED, state << 8, (state + 1) << 8);
for (const [state, bytes, next] of RULES) {
  for (const byte of bytesOf(bytes)) NEXT[(state << 8) | byte] = next;
}

/** Bytes of a string that stand for themselves. */
const ORDINARY = Uint8Array.from(
  { length: 256 },
  (_, byte) => +(NEXT[(CHARACTERS << 8) | byte] === CHARACTERS),
);

/** No token that stands whole and plain. */
export const NOT_PLAIN = 0;

/**
 * The common case of a string: whole in the chunk, with no escape.
 * @param bytes with a NUL after their end, at which every scan stops
 * @param from the byte after its opening quote
 * @returns the position after its closing quote, or NOT_PLAIN
 */
export function plainString(bytes: Uint8Array, from: number): number {
  let at = from;
  while (ORDINARY[bytes[at] ?? 0] === 1) at++;
  return bytes[at] === QUOTE ? at + 1 : NOT_PLAIN;
}

function afterDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  let byte = bytes[at] ?? 0;
  while (byte >= ZERO && byte <= NINE) byte = bytes[++at] ?? 0;
  return at;
}

/**
 * The common case of a number: whole in the chunk, with neither sign nor exponent.
 * @param from its first digit
 * @returns the position after it, or NOT_PLAIN
 */
function plainNumber(bytes: Uint8Array, from: number): number {
  let at = bytes[from] === ZERO ? from + 1 : afterDigits(bytes, from);
  if (bytes[at] === POINT) {
    const fraction = at + 1;
    at = afterDigits(bytes, fraction);
    if (at === fraction) return NOT_PLAIN;
  }
  const next = bytes[at];
  return next === NUL || next === LOWER_E || next === UPPER_E ? NOT_PLAIN : at;
}

const TRUE = bytesOf('true');
const FALSE = bytesOf('false');
const NULL = bytesOf('null');

function plainLiteral(bytes: Uint8Array, from: number, literal: Uint8Array): number {
  for (let i = 1; i < literal.length; i++) if (bytes[from + i] !== literal[i]) return NOT_PLAIN;
  return from + literal.length;
}

/**
 * The common case of a value that is no container.
 * @param bytes with a NUL after their end
 * @param from its first byte
 * @returns the position after it, or NOT_PLAIN
 */
export function plainScalar(bytes: Uint8Array, from: number): number {
  const first = bytes[from] ?? 0;
  if (first === QUOTE) return plainString(bytes, from + 1);
  if (first >= ZERO && first <= NINE) return plainNumber(bytes, from);
  if (first === TRUE[0]) return plainLiteral(bytes, from, TRUE);
  if (first === FALSE[0]) return plainLiteral(bytes, from, FALSE);
  return first === NULL[0] ? plainLiteral(bytes, from, NULL) : NOT_PLAIN;
}

/**
 * Scans strings, numbers and literals, in bytes that end at `end` with a NUL after it. The end of a chunk may cut a token at any byte: the scanner then stands
 * in the middle of it, and goes on with the next chunk without looking back.
 */
export class TextScanner {
  #state = DONE;
  #plain = true;

  /** The token is complete. */
  get done(): boolean {
    return this.#state === DONE;
  }

  /** The byte at the position returned can't stand there. */
  get bad(): boolean {
    return this.#state === BAD;
  }

  /** Of a string: nothing in it is escaped. Of a number: it has neither fraction nor exponent. */
  get plain(): boolean {
    return this.#plain;
  }

  /** Scans a string from the byte after its opening quote. Returns the position after what was read. */
  string(bytes: Uint8Array, from: number, end: number): number {
    const to = plainString(bytes, from);
    this.#plain = true;
    this.#state = to === NOT_PLAIN ? CHARACTERS : DONE;
    return to === NOT_PLAIN ? this.resume(bytes, from, end) : to;
  }

  /** Scans a number from its first byte. Returns the position after it; what may follow is the grammar's matter. */
  number(bytes: Uint8Array, from: number, end: number): number {
    this.#plain = true;
    this.#state = NUMBER;
    return this.resume(bytes, from, end);
  }

  /** Scans `true`, `false` or `null` from its first byte. Returns the position after it. */
  literal(bytes: Uint8Array, from: number, end: number): number {
    this.#plain = true;
    this.#state = LITERAL;
    return this.resume(bytes, from, end);
  }

  /** Goes on with the token in which the last chunk ended. Returns the position after what was read. */
  resume(bytes: Uint8Array, from: number, end: number): number {
    let state = this.#state;
    let at = from;
    while (at < end) {
      if (state === CHARACTERS) {
        while (ORDINARY[bytes[at] ?? 0] === 1) at++;
        if (at === end) break;
      }
      state = NEXT[(state << 8) | (bytes[at] ?? 0)] ?? BAD;
      if (state <= BAD) {
        this.#state = state === BAD ? BAD : DONE;
        return state === DONE ? at + 1 : at;
      }
      if (state >= ESCAPE) this.#plain = false;
      at++;
    }
    this.#state = state;
    return at;
  }

  /** The text ends here: of the tokens, only a number may be ended by that. */
  end(): void {
    if (NUMBER_ENDS.includes(this.#state)) this.#state = DONE;
  }
}
