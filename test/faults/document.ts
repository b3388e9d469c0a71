/**
 * JSON texts that know what is left of them. They are written piece by piece, each with what goes out of it, so that
 * the right answer follows from the contract and from nothing that the program under test does.
 *
 * Strings here hold one byte a character (`latin1`), so that lengths are bytes and a bit can be flipped.
 */

/** A value as it is spelled: an item, or a member beside the items. */
export interface Leaf {
  readonly kind: 'item' | 'member';
  readonly text: string;
  readonly kept: boolean;
}

export interface Container {
  readonly kind: 'array' | 'object';
  readonly children: readonly Child[];
  /** Goes when no item in it is kept. */
  readonly pruned: boolean;
}

export interface Child {
  /** `"name":` of an object's member; empty in arrays. */
  readonly key: string;
  readonly value: Leaf | Container;
}

export interface Piece {
  readonly text: string;
  /** What is left of it in the right answer. */
  readonly left: string;
}

/** @param blanks what stands before each child of a container at a depth, and before its closing bracket */
export function renderPieces(root: Leaf | Container, blanks: (depth: number) => string): Piece[] {
  const pieces: Piece[] = [];
  const put = (text: string, left: string): void => void pieces.push({ text, left });
  const render = (value: Leaf | Container, kept: boolean, depth: number): void => {
    if ('text' in value) return put(value.text, kept ? value.text : '');
    const [open, close] = value.kind === 'array' ? ['[', ']'] : ['{', '}'];
    put(open, kept ? open : '');
    let anyKept = false;
    for (const [index, child] of value.children.entries()) {
      const childKept = kept && isKept(child.value);
      const lead = blanks(depth + 1);
      // The first that is kept takes the blanks after the bracket; they are the same as those after the commas.
      put((index > 0 ? ',' : '') + lead, childKept ? (anyKept ? ',' : '') + lead : '');
      put(child.key, childKept ? child.key : '');
      render(child.value, childKept, depth + 1);
      anyKept ||= childKept;
    }
    const tail = value.children.length > 0 ? blanks(depth) : '';
    put(tail + close, kept ? (anyKept ? tail : '') + close : '');
  };
  render(root, isKept(root), 0);
  return pieces;
}

function isKept(value: Leaf | Container): boolean {
  return 'text' in value
    ? value.kept
    : !value.pruned || value.children.some((child) => holdsKeptItem(child.value));
}

function holdsKeptItem(value: Leaf | Container): boolean {
  if ('text' in value) return value.kind === 'item' && value.kept;
  return value.children.some((child) => holdsKeptItem(child.value));
}

/** A copy of a tree in which one leaf is another. */
export function withLeaf(root: Leaf | Container, from: Leaf, to: Leaf): Leaf | Container {
  if (root === from) return to;
  if ('text' in root) return root;
  const children = root.children.map(({ key, value }) => ({ key, value: withLeaf(value, from, to) }));
  return { ...root, children };
}

export function leavesOf(root: Leaf | Container): Leaf[] {
  return 'text' in root ? [root] : root.children.flatMap(({ value }) => leavesOf(value));
}
