const BACKSLASH = 0x5c;

const SHORT_ESCAPES = new Map<number, string>(
  Object.entries({ b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }).map(([letter, text]) => [
    letter.charCodeAt(0),
    text,
  ]),
);
const LOWER_U = 0x75;

function utf8(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
}

/**
 * The text that a string stands for (RFC 8259, section 7).
 * @param bytes what is between the quotes, already known to be JSON in UTF-8
 * @returns undefined if an escape stands for half of a surrogate pair, which is no character (section 8.2)
 */
export function decodeString(bytes: Uint8Array): string | undefined {
  let escape = bytes.indexOf(BACKSLASH);
  if (escape === -1) return utf8(bytes, 0, bytes.length);
  let text = '';
  let from = 0;
  for (; escape !== -1; escape = bytes.indexOf(BACKSLASH, from)) {
    text += utf8(bytes, from, escape);
    const letter = bytes[escape + 1] ?? 0;
    from = escape + 2;
    if (letter === LOWER_U) {
      text += String.fromCharCode(Number.parseInt(utf8(bytes, from, from + 4), 16));
      from += 4;
    } else {
      text += SHORT_ESCAPES.get(letter) ?? String.fromCharCode(letter);
    }
  }
  text += utf8(bytes, from, bytes.length);
  return text.isWellFormed() ? text : undefined;
}
