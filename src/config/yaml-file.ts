import { readFile } from 'node:fs/promises';
import type { Node, Pair, Scalar, YAMLError } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import { describeFileError } from './file-error.ts';
import { type FileFault, inFileOrder } from './file-fault.ts';
import { linesWithSecrets } from './secret-lines.ts';
import { describeSyntaxError } from './yaml-syntax.ts';

/** Names of members and indices of elements, from the top of the file. */
export type YamlPath = readonly PropertyKey[];

/** The part of a node that a fault is shown at: the value's start unless told otherwise. */
export interface YamlPart {
  /** The member's name instead of its value. */
  readonly key?: boolean;
  /** UTF-16 code units into the text that the value stands for. */
  readonly offset?: number;
}

interface Found {
  readonly key: Node | undefined;
  readonly value: Node | undefined;
  /** False where the path leads further than the file: what was found is its nearest ancestor. */
  readonly whole: boolean;
}

/** A YAML 1.2 file of plain mappings, lists and scalars, that knows where each of its values stands. */
export class YamlFile {
  /** As the user named it. */
  readonly file: string;
  /** What the file says, as JavaScript values; of a name given twice, the last. */
  readonly value: unknown;
  /** Names given twice: the one fault of YAML beside which the rest can still be checked. */
  readonly faults: readonly FileFault[];
  readonly #text: string;
  readonly #lines: LineCounter;
  readonly #contents: Node | null;
  readonly #readable: boolean;
  readonly #secretLines: ReadonlySet<number>;

  /**
   * @param file how faults name it
   * @param secretKeys names whose lines, and all lines indented deeper below them, are never shown
   */
  static parse(
    file: string,
    text: string,
    secretKeys: readonly string[],
  ): YamlFile | { readonly faults: readonly FileFault[] } {
    const yaml = new YamlFile(file, text, secretKeys);
    return yaml.#readable ? yaml : { faults: yaml.faults };
  }

  private constructor(file: string, text: string, secretKeys: readonly string[]) {
    this.file = file;
    this.#text = text;
    this.#secretLines = linesWithSecrets(text, secretKeys);
    this.#lines = new LineCounter();
    const document = parseDocument(text, {
      lineCounter: this.#lines,
      logLevel: 'error',
      prettyErrors: false,
      stringKeys: true,
    });
    this.#contents = document.contents;
    const errors = withoutFallout([...document.errors, ...document.warnings]);
    const faults = errors.map(({ code, pos: [at] }) =>
      this.#faultAt(at, describeSyntaxError(code, text.charAt(at))),
    );
    // Under YAML 1.1 a `no` is false and 0777 is octal.
    if (document.directives?.yaml.explicit)
      faults.push(this.#faultAt(0, describeSyntaxError('BAD_DIRECTIVE', '%')));
    const duplicates = errors.filter(({ code }) => code === 'DUPLICATE_KEY').length;
    this.value = faults.length === duplicates ? this.#read(document.contents, faults) : undefined;
    this.#readable = faults.length === duplicates;
    this.faults = this.#readable ? inFileOrder(faults) : firstOfEachLine(faults);
  }

  /** A fault at a value, its name before the message; where the path leads to none, at what should hold it. */
  fault(path: YamlPath, message: string, part: YamlPart = {}): FileFault {
    const name = path.findLast((step) => typeof step === 'string');
    const told = name === undefined ? message : `${name}: ${message}`;
    return this.#faultAt(this.#offsetOf(this.#find(path), part), told);
  }

  #faultAt(offset: number, message: string): FileFault {
    const { line, col } = this.#lines.linePos(Math.min(offset, this.#text.trimEnd().length));
    const source = this.#secretLines.has(line) ? undefined : this.#text.split('\n', line).at(line - 1);
    return { file: this.file, line, column: col, message, source: source?.replace(/\r$/, '') };
  }

  #find(path: YamlPath): Found {
    let found: Found = { key: undefined, value: this.#contents ?? undefined, whole: true };
    for (const step of path) {
      const next = stepDown(found.value, step);
      if (next === undefined) return { ...found, whole: false };
      found = next;
    }
    return found;
  }

  #offsetOf({ key, value, whole }: Found, part: YamlPart): number {
    const empty = isScalar(value) && value.value === null && value.source === '';
    const start = value === undefined || empty || part.key === true || !whole ? (key ?? value) : value;
    const offset = start?.range?.[0] ?? 0;
    if (start !== value || part.offset === undefined || !isScalar(value)) return offset;
    return offset + offsetInScalar(value, this.#text.slice(...(value.range?.slice(0, 2) ?? [])), part.offset);
  }

  /** Turns nodes to values, and tells of the YAML that is not taken: what would say less than it seems to. */
  #read(node: Node | null, faults: FileFault[]): unknown {
    if (node === null) return null;
    const refuse = (message: string, at: Node = node): void => {
      faults.push(this.#faultAt(at.range?.[0] ?? 0, message));
    };
    if (isAlias(node)) refuse('aliases (*) are not taken here: write the value out');
    if (node.tag !== undefined) refuse('tags (!) are not taken here');
    if ('anchor' in node && node.anchor !== undefined) refuse('anchors (&) are not taken here');
    if (isScalar(node)) return node.value;
    if (isSeq<Node>(node)) return node.items.map((item) => this.#read(item, faults));
    const value: Record<string, unknown> = {};
    if (!isMap<Node, Node>(node)) return value;
    for (const pair of node.items) {
      const name = nameOf(pair);
      if (name === '__proto__') refuse('no such name can be used', pair.key);
      else value[name] = this.#read(pair.value, faults);
    }
    return value;
  }
}

/** Reads and parses a file; a file that cannot be read is a fault at its beginning. */
export async function readYamlFile(
  file: string,
  secretKeys: readonly string[],
): Promise<YamlFile | { readonly faults: readonly FileFault[] }> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
    return YamlFile.parse(file, text, secretKeys);
  } catch (error) {
    return { faults: [{ file, line: 1, column: 1, message: describeFileError(error), source: undefined }] };
  }
}

function stepDown(node: Node | undefined, step: PropertyKey): Found | undefined {
  if (isMap<Node, Node>(node)) {
    const pair = node.items.findLast((candidate) => nameOf(candidate) === step);
    return pair && { key: pair.key, value: pair.value ?? undefined, whole: true };
  }
  const value = isSeq<Node>(node) && typeof step === 'number' ? node.items[step] : undefined;
  return value && { key: undefined, value, whole: true };
}

function nameOf(pair: Pair<Node, Node>): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

/** Where in a scalar's source the given code unit of its text was written; its start where that is not plain. */
function offsetInScalar(scalar: Scalar, source: string, offset: number): number {
  if (source === scalar.value) return offset;
  const quoted = /^'([^\n]*)'$|^"([^\n]*)"$/.exec(source);
  const units = quoted?.[1]?.match(/''|[^]/g) ?? quoted?.[2]?.match(DOUBLE_QUOTED_UNIT);
  return units ? 1 + units.slice(0, offset).join('').length : 0;
}

/** YAML 1.2, section 5.7: an escape, or a character as it is. */
const DOUBLE_QUOTED_UNIT = /\\x..|\\u.{4}|\\U.{8}|\\?[^]/g;

/** Once a parser has lost its way it cannot read any line after: only where it did so is worth telling. */
function withoutFallout(errors: readonly YAMLError[]): readonly YAMLError[] {
  const lost = errors.findIndex(({ code }) => code === 'UNEXPECTED_TOKEN');
  return errors.filter(({ code }, index) => code !== 'UNEXPECTED_TOKEN' || index === lost);
}

/** Two words on one line are of one slip. */
function firstOfEachLine(faults: readonly FileFault[]): readonly FileFault[] {
  const seen = new Set<number>();
  return inFileOrder(faults).filter(({ line }) => !seen.has(line) && seen.add(line));
}
