/** One step down a JSON text: a member by its name, or every element of an array. */
export type Step = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'wildcard' };

/** A parsed JSONPath of names and wildcards; no step at all is the root (`$`) or the item itself (`@`). */
export type Selector = readonly Step[];

export interface SelectorFault {
  readonly fault: string;
  /** Where in the text, in UTF-16 code units from 0. */
  readonly offset: number;
}

const SUBSET = 'only names and [*] can be used here';
const BLANKS = /[ \t\n\r]*/y;
/** RFC 9535, section 2.5.1.1: member-name-shorthand. */
const SHORTHAND =
  /[A-Za-z_\u{80}-\u{D7FF}\u{E000}-\u{10FFFF}][A-Za-z0-9_\u{80}-\u{D7FF}\u{E000}-\u{10FFFF}]*/uy;
/** RFC 9535, section 2.3.1.1: hexchar, a lone surrogate excluded. */
const UNICODE_ESCAPE =
  /u(?:D[89AB][0-9A-F]{2}\\uD[C-F][0-9A-F]{2}|(?:[0-9A-CEF][0-9A-F]|D[0-7])[0-9A-F]{2})/iy;
const ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  '/': '/',
  '\\': '\\',
};

/**
 * Reads the part of JSONPath (RFC 9535) that a stream can follow: names and wildcards.
 * @param root `$` for a selector from the top of a body; `@` for one from an item, which takes names only
 *   since it must find one value at most
 */
export function parseSelector(
  text: string,
  root: '$' | '@',
): { readonly selector: Selector } | SelectorFault {
  return new SelectorReader(text, root).read();
}

class SelectorReader {
  readonly #text: string;
  readonly #root: '$' | '@';
  #at = 0;

  constructor(text: string, root: '$' | '@') {
    this.#text = text;
    this.#root = root;
  }

  read(): { readonly selector: Selector } | SelectorFault {
    if (!this.#take(this.#root)) return this.#fault(`a selector begins with ${this.#root} here`);
    const steps: Step[] = [];
    while (this.#at < this.#text.length) {
      const start = this.#at;
      this.#skipBlanks();
      if (this.#at === this.#text.length) return this.#fault('a selector has no space at its end', start);
      const step = this.#step();
      if ('fault' in step) return step;
      if (step.kind === 'wildcard' && this.#root === '@')
        return this.#fault('only names can be used after @: an attribute is one value', start);
      steps.push(step);
    }
    return { selector: steps };
  }

  #step(): Step | SelectorFault {
    const start = this.#at;
    if (this.#take('..')) return this.#fault(`.. (any depth) is not supported: ${SUBSET}`, start);
    if (this.#take('.')) return this.#shorthand();
    if (this.#take('[')) return this.#bracketed();
    return this.#fault('a step begins with . or [');
  }

  #shorthand(): Step | SelectorFault {
    if (this.#take('*')) return { kind: 'wildcard' };
    const name = this.#match(SHORTHAND);
    if (name !== undefined) return { kind: 'name', name };
    return this.#fault("a name is missing after the dot (write an odd one as ['odd name'])");
  }

  #bracketed(): Step | SelectorFault {
    this.#skipBlanks();
    const step = this.#bracketedSelector();
    if ('fault' in step) return step;
    this.#skipBlanks();
    const end = this.#at;
    if (this.#take(',')) return this.#fault(`a choice of several is not supported: ${SUBSET}`, end);
    return this.#take(']') ? step : this.#fault('] is missing');
  }

  #bracketedSelector(): Step | SelectorFault {
    if (this.#take('*')) return { kind: 'wildcard' };
    for (const quote of ["'", '"']) if (this.#take(quote)) return this.#quoted(quote);
    const next = this.#text[this.#at] ?? '';
    if (next === '?') return this.#fault(`a filter is not supported: ${SUBSET}`);
    if (/[-0-9:]/.test(next)) return this.#fault(`an index or a slice is not supported: ${SUBSET}`);
    return this.#fault("a name between brackets is quoted: ['name']");
  }

  #quoted(quote: string): Step | SelectorFault {
    const start = this.#at - 1;
    let name = '';
    while (this.#at < this.#text.length) {
      if (this.#take(quote)) return { kind: 'name', name };
      const before = this.#at;
      if (this.#take('\\')) {
        const character = this.#escaped(quote);
        if (character === undefined) return this.#fault('no such escape in a quoted name', before);
        name += character;
        continue;
      }
      const character = String.fromCodePoint(this.#text.codePointAt(before) ?? 0);
      if (character < ' ') return this.#fault('a control character in a quoted name is written as an escape');
      if (!character.isWellFormed()) return this.#fault('half of a surrogate pair is no character');
      name += character;
      this.#at += character.length;
    }
    return this.#fault('the closing quote is missing', start);
  }

  /** What a backslash stands for with what follows it; undefined where there is no such escape. */
  #escaped(quote: string): string | undefined {
    if (this.#take(quote)) return quote;
    const unicode = this.#match(UNICODE_ESCAPE);
    if (unicode !== undefined)
      return String.fromCharCode(
        ...unicode.matchAll(/[0-9A-F]{4}/gi).map(([digits]) => Number.parseInt(digits, 16)),
      );
    const letter = this.#text[this.#at] ?? '';
    if (!Object.hasOwn(ESCAPES, letter)) return undefined;
    this.#at += 1;
    return ESCAPES[letter];
  }

  #skipBlanks(): void {
    this.#match(BLANKS);
  }

  #take(token: string): boolean {
    if (!this.#text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0];
    this.#at += found?.length ?? 0;
    return found;
  }

  #fault(fault: string, offset = this.#at): SelectorFault {
    return { fault, offset };
  }
}
