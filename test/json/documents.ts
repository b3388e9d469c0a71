import type { Selection, Tuple } from '../../src/json/item-filter.ts';
import type { Selector, Step } from '../../src/model/selector.ts';

/**
 * Decisions read from a tape of bytes: what is generated is a function of the tape, so that whoever makes the tape
 * (fast-check, a random generator) makes the document, and a shorter tape makes a simpler one.
 */
export class Choices {
  readonly #tape: Uint8Array;
  #at = 0;

  constructor(tape: Uint8Array) {
    this.#tape = tape;
  }

  /** A number from 0 to one less than this; 0 when the tape is at its end. */
  below(limit: number): number {
    return (this.#tape[this.#at++] ?? 0) % limit;
  }

  oneIn(times: number): boolean {
    return this.below(times) === times - 1;
  }

  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)];
    if (value === undefined) throw new Error('nothing to pick from');
    return value;
  }
}

/** An item of a document: its very bytes, and what decides on it; undefined if it is faulty. */
export interface Item {
  readonly kind: 'item';
  readonly text: string;
  readonly tuple: Tuple | undefined;
  /** What stands in it and nowhere else. */
  readonly marker: string | undefined;
}

interface Container {
  readonly kind: 'container';
  readonly brackets: readonly [string, string];
  /** The whitespace in it if it has no children. */
  readonly inner: string;
  readonly children: readonly Child[];
  readonly prunable: boolean;
}

/** A value beside the path, or one that may not stand on it. */
interface Beside {
  readonly kind: 'kept' | 'removed';
  readonly text: string;
}

/** A child of a container on the path, with the whitespace around it; `key` is empty in an array. */
export interface Child {
  readonly before: string;
  readonly key: string;
  readonly value: Item | Container | Beside;
  readonly after: string;
}

export interface Document {
  readonly selection: Selection;
  readonly root: Child;
  /** The containers on the path are not what the selection says. */
  readonly broken: boolean;
}

const NAMES = ['value', 'a', 'é', 'next page', ''];
const OTHER_KEYS = ['"x"', '"\\u0078"', '"valu"', '"ownerr"', '"\\ud800"', '"日本"', '"q\\"q"', '"A"'];
const ATTRIBUTE_NAMES = ['owner', 'k', 'ø'];
const SPACES = ['', '', '', '', ' ', '\n', '\n    ', '\t', '\r\n'];
const SCALARS = [
  '0.700',
  '339.90',
  '-0',
  '1e5',
  '-1.5E-3',
  '12345678901234567890',
  'true',
  'false',
  'null',
  '""',
  '"é😀"',
  '"\\u00e9\\ud83d\\ude00"',
  '"\\ud800"',
  '"a\\"}],{["',
  '"\\\\"',
  '"\\/<b>"',
  '0',
  '"owner"',
];
const NO_ATTRIBUTES = [
  'null',
  'true',
  'false',
  '1.0',
  '1e2',
  '-0.5',
  '[]',
  '["1"]',
  '{}',
  '{"x":"1"}',
  '"\\ud800"',
  '"\\udc00\\ud800"',
];
/** Spellings of attribute values, and what they stand for. */
const VALUES: readonly (readonly [string, string])[] = [
  ['"1"', '1'],
  ['"2"', '2'],
  ['1', '1'],
  ['-0', '-0'],
  ['20', '20'],
  ['""', ''],
  ['"\\u0031"', '1'],
  ['"é"', 'é'],
  ['"\\u00E9"', 'é'],
  ['"\\ud83d\\ude00"', '😀'],
  ['"😀"', '😀'],
  ['"a/b"', 'a/b'],
  ['"a\\/b"', 'a/b'],
  ['"\\n\\u0000"', '\n\0'],
  ['98765432109876543210', '98765432109876543210'],
];

/** Where an attribute stands, or the attributes below it do. */
interface Branch {
  attributes: number[];
  readonly below: Map<string, Branch>;
}

function branchesOf(attributes: readonly Selector[]): Branch {
  const root: Branch = { attributes: [], below: new Map() };
  for (const [index, selector] of attributes.entries()) {
    let branch = root;
    for (const step of selector) {
      const name = step.kind === 'name' ? step.name : '';
      const next = branch.below.get(name) ?? { attributes: [], below: new Map() };
      branch.below.set(name, next);
      branch = next;
    }
    branch.attributes.push(index);
  }
  return root;
}

function escaped(name: string): string {
  const units = Array.from({ length: name.length }, (_, i) => name.charCodeAt(i));
  return `"${units.map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`).join('')}"`;
}

/** Makes documents whose parts are known, from choices. */
class DocumentMaker {
  readonly #choices: Choices;
  readonly #selection: Selection;
  readonly #attributes: Branch;
  readonly #mayBreak: boolean;
  broken = false;
  #items = 0;
  /** Of the item being made. */
  #faulty = false;
  #values: string[] = [];

  constructor(choices: Choices, mayBreak: boolean) {
    this.#choices = choices;
    this.#mayBreak = mayBreak;
    this.#selection = this.#makeSelection();
    this.#attributes = branchesOf(this.#selection.attributes);
  }

  make(): Document {
    const root = this.#child(0, '');
    return { selection: this.#selection, root, broken: this.broken };
  }

  #makeSelection(): Selection {
    const choices = this.#choices;
    const items = Array.from({ length: choices.pick([1, 0, 2, 3, 3, 5]) }, (): Step => {
      return choices.oneIn(2) ? { kind: 'name', name: choices.pick(NAMES) } : { kind: 'wildcard' };
    });
    const attributes = Array.from({ length: choices.pick([1, 1, 2, 3]) }, () =>
      Array.from({ length: choices.pick([1, 2, 1, 3, 0]) }, (): Step => {
        return { kind: 'name', name: choices.pick(ATTRIBUTE_NAMES) };
      }),
    );
    const keep = items.flatMap((step, i) => {
      if (step.kind === 'wildcard') return [];
      const names = NAMES.filter((name) => name !== step.name && choices.oneIn(3));
      return names.map((name) => items.slice(0, i).concat({ kind: 'name', name }));
    });
    return { items, attributes, keep, prune: choices.oneIn(2), maxItemBytes: 1_048_576 };
  }

  #space(): string {
    return this.#choices.pick(SPACES);
  }

  #child(level: number, key: string): Child {
    const before = this.#space();
    const colon = key === '' ? '' : `${this.#space()}:${this.#space()}`;
    const value = level === this.#selection.items.length ? this.#item() : this.#container(level);
    return { before, key: key + colon, value, after: this.#space() };
  }

  #beside(kind: Beside['kind'], key: string): Child {
    const colon = `${this.#space()}:${this.#space()}`;
    return {
      before: this.#space(),
      key: key + colon,
      value: { kind, text: this.#value(2) },
      after: this.#space(),
    };
  }

  #container(level: number): Container | Beside {
    const { items, prune } = this.#selection;
    const prunable = prune && items[level - 1]?.kind === 'wildcard';
    const inner = this.#space();
    const step = items[level];
    if (this.#breaks()) return { kind: 'kept', text: step?.kind === 'name' ? '[]' : '{}' };
    if (step?.kind === 'name') {
      return {
        kind: 'container',
        brackets: ['{', '}'],
        inner,
        children: this.#members(level, step.name),
        prunable,
      };
    }
    const children = Array.from({ length: this.#choices.pick([1, 2, 3, 4, 0]) }, () =>
      this.#child(level + 1, ''),
    );
    return { kind: 'container', brackets: ['[', ']'], inner, children, prunable };
  }

  #breaks(): boolean {
    const breaks = this.#mayBreak && this.#choices.oneIn(8);
    if (breaks) this.broken = true;
    return breaks;
  }

  #members(level: number, name: string): Child[] {
    const choices = this.#choices;
    const isItem = level === this.#selection.items.length - 1;
    const members: Child[] = [];
    if (!(isItem && choices.oneIn(4)) && !(!isItem && this.#breaks())) {
      members.push(
        this.#child(level + 1, name !== '' && this.#breaks() ? escaped(name) : JSON.stringify(name)),
      );
      if (this.#breaks()) members.push(this.#child(level + 1, JSON.stringify(name)));
    }
    for (const selector of this.#selection.keep) {
      const last = selector.at(-1);
      if (selector.length !== level + 1 || last?.kind !== 'name' || choices.oneIn(3)) continue;
      members.push(this.#beside('kept', JSON.stringify(last.name)));
    }
    for (let i = choices.below(3); i > 0; i--)
      members.push(this.#beside('removed', choices.pick(OTHER_KEYS)));
    return this.#shuffled(members);
  }

  #shuffled<T>(values: readonly T[]): T[] {
    const shuffled: T[] = [];
    for (const value of values) shuffled.splice(this.#choices.below(shuffled.length + 1), 0, value);
    return shuffled;
  }

  #value(depth: number): string {
    const kind = depth === 0 ? 0 : this.#choices.below(4);
    if (kind < 2) return this.#choices.pick(SCALARS);
    const values = Array.from({ length: this.#choices.below(3) }, () => this.#value(depth - 1));
    if (kind === 2) return `[${values.map((value) => this.#space() + value + this.#space()).join(',')}]`;
    const keys = [...OTHER_KEYS, ...[...NAMES, ...ATTRIBUTE_NAMES].map((name) => JSON.stringify(name))];
    return `{${values.map((value) => `${this.#space()}${this.#choices.pick(keys)}:${value}`).join(',')}}`;
  }

  #item(): Item {
    this.#faulty = false;
    this.#values = [];
    this.#items++;
    const marker = this.#attributes.below.size > 0 ? `item ${this.#items}.` : undefined;
    const text = this.#branch(this.#attributes, marker);
    const tuple = this.#faulty ? undefined : this.#values;
    return { kind: 'item', text, tuple, marker: text.startsWith('{') ? marker : undefined };
  }

  /** The value of one place on the way to attributes. */
  #branch(branch: Branch, marker: string | undefined): string {
    const isLeaf = branch.attributes.length > 0;
    if (this.#choices.oneIn(24)) {
      this.#faulty = true;
      return this.#choices.pick(NO_ATTRIBUTES);
    }
    if (isLeaf && branch.below.size > 0) this.#faulty = true;
    if (branch.below.size > 0) return this.#object(branch, marker);
    if (!isLeaf) return this.#value(2);
    const [text, value] = this.#choices.pick(VALUES);
    for (const attribute of branch.attributes) this.#values[attribute] = value;
    return text;
  }

  #object(branch: Branch, marker: string | undefined): string {
    const members: string[] = [];
    if (marker !== undefined) members.push(`"m":"${marker}"`);
    for (const [name, below] of branch.below) {
      const odd = this.#choices.below(48);
      if (odd > 44) this.#faulty = true;
      const key = odd === 46 && name !== '' ? escaped(name) : JSON.stringify(name);
      if (odd !== 45)
        members.push(`${key}${this.#space()}:${this.#space()}${this.#branch(below, undefined)}`);
      if (odd === 46) members.push(`${JSON.stringify(name)}:"1"`);
      if (odd === 47) members.push(`${this.#choices.oneIn(2) ? escaped(name) : JSON.stringify(name)}:"1"`);
    }
    for (let i = this.#choices.below(3); i > 0; i--) {
      members.push(`${this.#choices.pick(OTHER_KEYS)}:${this.#space()}${this.#value(2)}`);
    }
    return `{${this.#shuffled(members)
      .map((member) => this.#space() + member + this.#space())
      .join(',')}}`;
  }
}

/**
 * Makes a document.
 * @param mayBreak now and then a container on the path is missing, of another kind, or spelled in a way that it must not be
 */
export function documentOf(choices: Choices, mayBreak: boolean): Document {
  return new DocumentMaker(choices, mayBreak).make();
}
