/** One header or trailer line: the name as it was written, the value without the blanks around it. */
export type Field = readonly [name: string, value: string];

/** The head of a request or an answer, read strictly (RFC 9112, sections 2 to 5). */
export interface MessageHead {
  /** Request line or status line. */
  readonly startLine: string;
  readonly fields: readonly Field[];
  /** Where the body begins. */
  readonly end: number;
  /** What is wrong with it. */
  readonly faults: readonly string[];
}

/** How the end of a body is found (RFC 9112, section 6.3). */
export type Framing =
  | { readonly kind: 'none' | 'chunked' | 'close' }
  | { readonly kind: 'length'; readonly length: number };

export interface MessageBody {
  readonly content: Buffer;
  readonly trailers: readonly Field[];
  /** Where the next message begins. */
  readonly end: number;
  /** It is all there. */
  readonly whole: boolean;
  readonly fault: string | undefined;
}

const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/;
const CONTROL = /[^\t -~\x80-\xff]/;
const LF = 0x0a;

/** Reads a head as far as it has come; undefined: its end has not. */
export function readHead(bytes: Buffer, from: number): MessageHead | undefined {
  const lines: string[] = [];
  const faults: string[] = [];
  for (let at = from; ; ) {
    const lineFeed = bytes.indexOf(LF, at);
    if (lineFeed === -1) return undefined;
    const line = bytes.toString('latin1', at, lineFeed);
    at = lineFeed + 1;
    if (!line.endsWith('\r')) faults.push('a line ends with a bare LF');
    const text = line.replace(/\r$/, '');
    if (text !== '') lines.push(text);
    else return { startLine: lines[0] ?? '', ...readFields(lines.slice(1), faults), end: at };
  }
}

function readFields(
  lines: readonly string[],
  faults: readonly string[],
): Pick<MessageHead, 'fields' | 'faults'> {
  const fields: Field[] = [];
  const found = [...faults];
  for (const line of lines) {
    const [, name, value = ''] = FIELD.exec(line) ?? [];
    if (name === undefined || CONTROL.test(value)) found.push('a header line is malformed');
    else fields.push([name, value]);
  }
  return { fields, faults: found };
}

/** The values of the fields with this name, which is compared without case. */
export function valuesOf(fields: readonly Field[], name: string): readonly string[] {
  const wanted = name.toLowerCase();
  return fields.filter(([found]) => found.toLowerCase() === wanted).map(([, value]) => value);
}

/**
 * How the body is framed, or what is wrong with how that is said.
 * @param without for neither a length nor a coding
 */
export function framingOf(fields: readonly Field[], without: 'none' | 'close'): Framing | string {
  const codings = valuesOf(fields, 'transfer-encoding');
  const lengths = valuesOf(fields, 'content-length');
  if (codings.length > 0 && lengths.length > 0) return 'it has both a length and a transfer coding';
  if (codings.length > 0)
    return codings.length === 1 && codings[0]?.toLowerCase() === 'chunked'
      ? { kind: 'chunked' }
      : 'its transfer coding is not chunked alone';
  const [length] = lengths;
  if (length === undefined) return { kind: without };
  if (lengths.length > 1 || !/^\d{1,15}$/.test(length)) return 'its Content-Length is not one number';
  return { kind: 'length', length: Number(length) };
}

/**
 * Reads a body as far as it has come.
 * @param closed nothing more will come, and the end was a proper one
 */
export function readBody(bytes: Buffer, from: number, framing: Framing, closed: boolean): MessageBody {
  if (framing.kind === 'chunked') return readChunks(bytes, from);
  if (framing.kind === 'close') return bodyOf(bytes.subarray(from), bytes.length, closed);
  const wanted = from + (framing.kind === 'length' ? framing.length : 0);
  const end = Math.min(wanted, bytes.length);
  return bodyOf(bytes.subarray(from, end), end, end === wanted);
}

function bodyOf(content: Buffer, end: number, whole: boolean): MessageBody {
  return { content, trailers: [], end, whole, fault: undefined };
}

function readChunks(bytes: Buffer, from: number): MessageBody {
  const pieces: Buffer[] = [];
  let at = from;
  const stop = (fault?: string): MessageBody => ({
    content: Buffer.concat(pieces),
    trailers: [],
    end: bytes.length,
    whole: false,
    fault,
  });
  for (;;) {
    const lineFeed = bytes.indexOf(LF, at);
    if (lineFeed === -1) return stop();
    const line = bytes.toString('latin1', at, lineFeed);
    const [, hex] = /^([0-9A-Fa-f]{1,8})(?:[ \t]*;.*)?\r$/.exec(line) ?? [];
    if (hex === undefined) return stop('a chunk’s size is malformed');
    const size = Number.parseInt(hex, 16);
    at = lineFeed + 1;
    if (size === 0) break;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
    if (bytes.length < at + 2) return stop();
    if (bytes.toString('latin1', at, at + 2) !== '\r\n') return stop('a chunk is longer than its size');
    at += 2;
  }
  // The trailer section looks like a head without its first line.
  const trailers = readHead(Buffer.concat([Buffer.from('trailers\r\n'), bytes.subarray(at)]), 0);
  if (trailers === undefined) return stop();
  return {
    content: Buffer.concat(pieces),
    trailers: trailers.fields,
    end: at + trailers.end - 'trailers\r\n'.length,
    whole: true,
    fault: trailers.faults[0],
  };
}
