import { ESCAPED, OTHER } from './names.ts';
import type { AttributeNode, Plan } from './plan.ts';
import { type Place, Spellings } from './spellings.ts';
import { decodeString } from './string.ts';
import type { Tuple, Verdict, Verdicts } from './verdicts.ts';
import type { Window } from './window.ts';

const MINUS = 0x2d;
const NINE = 0x39;
const OPEN_OBJECT = 0x7b;
const QUOTE = 0x22;
const ZERO = 0x30;

/** One of the values that decide on an item. */
interface Value extends Place {
  from: number;
  to: number;
  found: boolean;
  /** A string, not an integer. */
  quoted: boolean;
  plain: boolean;
}

/**
 * Reads the attributes of one item after another, told of what is in it as a Watcher is. A fault of the item (a
 * value that is missing, of the wrong kind, or spelled twice) is noted, and the rest of it is of no interest.
 */
export class AttributeReader {
  readonly #window: Window;
  readonly #plan: Plan;
  readonly #verdicts: Verdicts;
  readonly #spellings = new Spellings();
  /** The innermost object of the item that is open and on the way to an attribute, and those around it. */
  #object: AttributeNode | undefined;
  readonly #around: (AttributeNode | undefined)[] = [];
  /** What the value is that comes next or is being read. */
  #node: AttributeNode | undefined;
  /** For each node, whether it was found in the item. */
  readonly #seen: Uint8Array;
  /** For each leaf. */
  readonly #values: readonly Value[];
  #faulty = false;

  constructor(window: Window, plan: Plan, verdicts: Verdicts) {
    this.#window = window;
    this.#plan = plan;
    this.#verdicts = verdicts;
    this.#seen = new Uint8Array(plan.nodeCount);
    const absent = { from: 0, to: 0, found: false, quoted: false, plain: false };
    this.#values = Array.from({ length: plan.leafCount }, () => ({ ...absent }));
  }

  /** What is told next is within the item, and not its own end. */
  get within(): boolean {
    return this.#object !== undefined;
  }

  /** An item begins with this byte. Returns whether to watch its children. */
  begin(at: number, first: number): boolean {
    this.#faulty = false;
    this.#seen.fill(0);
    for (const value of this.#values) value.found = false;
    this.#node = this.#plan.item;
    return this.value(at, first);
  }

  /** The item is hidden whatever it holds. */
  abandon(): void {
    this.#faulty = true;
  }

  /** Whether a key of so many bytes may be on the way to an attribute. */
  wants(length: number): boolean {
    return !this.#faulty && this.#object !== undefined && this.#object.names.mayBe(length);
  }

  /** Returns whether the member with this key is on the way to an attribute. */
  key(from: number, to: number, plain: boolean): boolean {
    const object = this.#object;
    if (this.#faulty || object === undefined) return false;
    const found = object.names.find(this.#window, from, to, plain);
    if (found === OTHER) return false;
    const node = found === ESCAPED ? undefined : object.children[found];
    if (node === undefined || this.#seen[node.id] === 1) {
      this.#faulty = true;
      return false;
    }
    this.#seen[node.id] = 1;
    this.#node = node;
    return true;
  }

  /** Returns whether to watch the children of the value that begins with this byte. */
  value(at: number, first: number): boolean {
    const node = this.#node;
    if (node === undefined || this.#faulty) return false;
    if (node.leaf !== undefined) this.#leaf(node.leaf, at, first);
    if (node.children.length === 0 || this.#faulty) return false;
    if (first !== OPEN_OBJECT) {
      this.#faulty = true;
      return false;
    }
    this.#around.push(this.#object);
    this.#object = node;
    return true;
  }

  valueEnd(to: number, plain: boolean): void {
    const leaf = this.#node?.leaf;
    this.#node = undefined;
    if (leaf === undefined || this.#faulty) return;
    const value = this.#values[leaf];
    if (value === undefined) return;
    if (!value.quoted && !plain) this.#faulty = true;
    value.to = value.quoted ? to - 1 : to;
    value.plain = plain;
    value.found = true;
  }

  close(): void {
    this.#object = this.#around.pop();
    this.#node = undefined;
  }

  /** The verdict on the item that has ended, which may still wait to be settled; undefined if it is faulty. */
  verdict(): Verdict | undefined {
    if (this.#faulty) return undefined;
    let whole = true;
    for (const { found, from } of this.#values) {
      if (!found) return undefined;
      if (from < 0) whole = false;
    }
    const { chunk } = this.#window;
    const known = whole ? this.#spellings.find(chunk, this.#values) : undefined;
    if (known !== undefined) return known;
    const tuple = this.#tuple();
    if (tuple === undefined) return undefined;
    const verdict = this.#verdicts.of(tuple);
    if (whole) this.#spellings.remember(chunk, this.#values, verdict);
    return verdict;
  }

  /** The next chunk's positions begin so many bytes further on. */
  shift(bytes: number): void {
    for (const value of this.#values) {
      value.from -= bytes;
      value.to -= bytes;
    }
  }

  #leaf(leaf: number, at: number, first: number): void {
    const value = this.#values[leaf];
    const quoted = first === QUOTE;
    if (value === undefined || !(quoted || first === MINUS || (first >= ZERO && first <= NINE))) {
      this.#faulty = true;
      return;
    }
    value.quoted = quoted;
    value.from = quoted ? at + 1 : at;
  }

  #tuple(): Tuple | undefined {
    const texts: string[] = [];
    for (const { from, to, plain } of this.#values) {
      const text = plain ? this.#window.text(from, to) : decodeString(this.#window.bytes(from, to));
      if (text === undefined) return undefined;
      texts.push(text);
    }
    return this.#plan.leaves.map((leaf) => texts[leaf] ?? '');
  }
}
