/** A record of a CSV text, and the line (from 1) on which it begins. */
export interface CsvRow {
  readonly line: number;
  readonly fields: readonly string[];
}

export interface CsvFault {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  readonly message: string;
}

/**
 * Reads comma-separated values strictly by RFC 4180, section 2, lines ended by CRLF or LF: quotes stand around a
 * whole field or not at all, every row has as many fields as the first, and none is empty.
 *
 * Reading stops at a misplaced quote, since what follows it could be read in two ways.
 */
export function readCsv(text: string): {
  readonly rows: readonly CsvRow[];
  readonly faults: readonly CsvFault[];
} {
  const scanner = new CsvScanner(text);
  const rows: CsvRow[] = [];
  const faults: CsvFault[] = [];
  while (!scanner.atEnd) {
    const { line } = scanner;
    const fields = scanner.row();
    if ('message' in fields) return { rows, faults: [...faults, fields] };
    const width = rows[0]?.fields.length ?? fields.length;
    if (fields.length === 1 && fields[0] === '') faults.push({ line, column: 1, message: 'an empty line' });
    else if (fields.length === width) rows.push({ line, fields });
    else
      faults.push({
        line,
        column: 1,
        message: `the number of fields is ${fields.length}, where the header has ${width}`,
      });
  }
  return { rows, faults };
}

const PLAIN = /[^,"\r\n]*/y;

class CsvScanner {
  line = 1;
  readonly #text: string;
  #at = 0;
  #lineStart = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get atEnd(): boolean {
    return this.#at === this.#text.length;
  }

  /** The fields up to the line's end, which is consumed. */
  row(): readonly string[] | CsvFault {
    const fields: string[] = [];
    for (;;) {
      const field = this.#text[this.#at] === '"' ? this.#quoted() : this.#plain();
      if (typeof field !== 'string') return field;
      fields.push(field);
      if (this.#take(',')) continue;
      if (this.atEnd || this.#take('\n') || this.#take('\r\n')) return fields;
      return this.#fault(this.#at, 'a comma or the end of the line must follow');
    }
  }

  #plain(): string | CsvFault {
    const start = this.#at;
    PLAIN.lastIndex = start;
    this.#at += PLAIN.exec(this.#text)?.[0].length ?? 0;
    if (this.#text[this.#at] === '"') {
      return this.#fault(this.#at, 'a field with a quote in it must stand between quotes, the quote doubled');
    }
    return this.#text.slice(start, this.#at);
  }

  #quoted(): string | CsvFault {
    const start = this.#at;
    for (let end = this.#text.indexOf('"', start + 1); end >= 0; end = this.#text.indexOf('"', end + 2)) {
      if (this.#text[end + 1] !== '"') {
        const quoted = this.#text.slice(start + 1, end);
        this.#countLines(quoted, start + 1);
        this.#at = end + 1;
        return quoted.replaceAll('""', '"');
      }
    }
    return this.#fault(start, 'this quote is never closed');
  }

  #take(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    if (expected.endsWith('\n')) {
      this.line += 1;
      this.#lineStart = this.#at;
    }
    return true;
  }

  #countLines(quoted: string, start: number): void {
    for (let end = quoted.indexOf('\n'); end >= 0; end = quoted.indexOf('\n', end + 1)) {
      this.line += 1;
      this.#lineStart = start + end + 1;
    }
  }

  #fault(at: number, message: string): CsvFault {
    return { line: this.line, column: at - this.#lineStart + 1, message };
  }
}
