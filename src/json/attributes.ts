import { MINUS, NINE, OPEN_OBJECT, QUOTE, ZERO } from './ascii.ts';
import { ESCAPED } from './names.ts';
import type { AttributeNode, Plan } from './plan.ts';
import { decodeString } from './string.ts';
import type { Tuple } from './verdicts.ts';
import type { Window } from './window.ts';

/** Where an attribute's value stands. */
interface Place {
  found: boolean;
  text: boolean;
  from: number;
  to: number;
}

/**
 * Reads the attributes of one item after another, told of what is in it as a Watcher is. A fault of the item (a
 * value that is missing, of the wrong kind, or spelled twice) is noted, and the rest of it is of no interest.
 */
export class AttributeReader {
  readonly #window: Window;
  readonly #plan: Plan;
  /** The objects of the item that are open and on the way to an attribute. */
  readonly #path: AttributeNode[] = [];
  /** What the value is that comes next or is being read. */
  #node: AttributeNode | undefined;
  /** For each node, whether it was found in the item. */
  readonly #seen: Uint8Array;
  /** For each leaf. */
  readonly #places: readonly Place[];
  #faulty = false;

  constructor(window: Window, plan: Plan) {
    this.#window = window;
    this.#plan = plan;
    this.#seen = new Uint8Array(plan.nodeCount);
    this.#places = Array.from({ length: plan.leafCount }, () => ({
      found: false,
      text: false,
      from: 0,
      to: 0,
    }));
  }

  /** What is told next is within the item, and not its own end. */
  get within(): boolean {
    return this.#path.length > 0;
  }

  /** An item begins with this byte. Returns whether to watch its children. */
  begin(at: number, first: number): boolean {
    this.#faulty = false;
    this.#seen.fill(0);
    for (const place of this.#places) place.found = false;
    this.#node = this.#plan.item;
    return this.value(at, first);
  }

  /** The item is hidden whatever it holds. */
  abandon(): void {
    this.#faulty = true;
  }

  key(from: number, to: number, plain: boolean): void {
    this.#node = undefined;
    const object = this.#path.at(-1);
    if (this.#faulty || object === undefined) return;
    const found = object.names.find(this.#window, from, to, plain);
    if (found === ESCAPED) this.#faulty = true;
    const node = object.children[found];
    if (node === undefined) return;
    if (this.#seen[node.id] === 1) this.#faulty = true;
    this.#seen[node.id] = 1;
    this.#node = node;
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
    this.#path.push(node);
    return true;
  }

  valueEnd(to: number, plain: boolean): void {
    const place = this.#places[this.#node?.leaf ?? -1];
    this.#node = undefined;
    if (place === undefined || this.#faulty) return;
    if (!place.text && !plain) this.#faulty = true;
    place.found = true;
    place.to = to;
  }

  close(): void {
    this.#path.pop();
    this.#node = undefined;
  }

  /** What the item that has ended is to be decided by; undefined if it is faulty. */
  tuple(): Tuple | undefined {
    if (this.#faulty) return undefined;
    const texts: string[] = [];
    for (const { found, text, from, to } of this.#places) {
      if (!found) return undefined;
      const decoded = text
        ? decodeString(this.#window.bytes(from + 1, to - 1))
        : decodeString(this.#window.bytes(from, to));
      if (decoded === undefined) return undefined;
      texts.push(decoded);
    }
    return this.#plan.leaves.map((leaf) => texts[leaf] ?? '');
  }

  /** The next chunk's positions begin so many bytes further on. */
  shift(bytes: number): void {
    for (const place of this.#places) {
      place.from -= bytes;
      place.to -= bytes;
    }
  }

  #leaf(leaf: number, at: number, first: number): void {
    const place = this.#places[leaf];
    const text = first === QUOTE;
    if (place === undefined || !(text || first === MINUS || (first >= ZERO && first <= NINE))) {
      this.#faulty = true;
      return;
    }
    place.text = text;
    place.from = at;
  }
}
