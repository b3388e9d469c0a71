import { makeData, parseStrictly, type Sees, seesChanged } from './backend-data.ts';
import { type Container, type Leaf, leavesOf, type Piece, renderPieces, withLeaf } from './document.ts';
import type { Shape } from './fault-routes.ts';
import type { Seeded } from './seeded.ts';

/** What an upstream says, and what is left of it. Strings hold one byte a character. */
export interface Body {
  readonly text: string;
  /** undefined: it is broken, and there is no right answer. */
  readonly answer: Answer | undefined;
  /** An answer that is cut off is the beginning of one of these. */
  readonly beginnings: readonly string[];
}

export interface Answer {
  readonly status: number;
  /** undefined: a refusal's, which is told by its code. */
  readonly body: string | undefined;
}

export const NOT_FOUND: Answer = { status: 404, body: undefined };

/** A list, page, object or tree, as the backend means it. */
export function makeBody(shape: Shape, sees: Sees, random: Seeded): Body {
  return soundBody(shape, renderPieces(makeData(shape, sees, random), blanksOf(random)));
}

/** The same with one bit of it flipped, which may break it, change a value, or change whose an item is. */
export function makeFlippedBody(shape: Shape, sees: Sees, random: Seeded): Body {
  const data = makeData(shape, sees, random);
  const blanks = blanksOf(random);
  for (;;) {
    const body = random.chance(0.8)
      ? flipInLeaf(data, { shape, sees, blanks }, random)
      : flipBetween(renderPieces(data, blanks), random);
    if (body === undefined) continue;
    return shape === 'whole' ? unfiltered(body.text) : body;
  }
}

function soundBody(shape: Shape, pieces: readonly Piece[]): Body {
  const text = pieces.map((piece) => piece.text).join('');
  if (shape === 'whole') return unfiltered(text);
  const left = leftOf(pieces);
  return { text, answer: left === '' ? NOT_FOUND : { status: 200, body: left }, beginnings: [left] };
}

function unfiltered(text: string): Body {
  return { text, answer: { status: 200, body: text }, beginnings: [text] };
}

interface Style {
  readonly shape: Shape;
  readonly sees: Sees;
  readonly blanks: (depth: number) => string;
}

/** @returns undefined if that flip is none whose right answer is plain */
function flipInLeaf(
  data: Leaf | Container,
  { shape, sees, blanks }: Style,
  random: Seeded,
): Body | undefined {
  const [first, ...others] = leavesOf(data);
  if (first === undefined) return undefined;
  const leaf = random.pick([first, ...others]);
  const text = flipBit(leaf.text, random.between(0, leaf.text.length - 1), random);
  const alone = leaf.kind === 'item' ? seesChanged(shape, text, sees) : leaf.kept;
  const render = (kept: boolean) => renderPieces(withLeaf(data, leaf, { ...leaf, text, kept }), blanks);
  const changed = soundBody(shape, render(alone ?? leaf.kept));
  if (parseStrictly(changed.text) !== undefined) {
    return parseStrictly(text) === undefined ? undefined : changed;
  }
  const beginnings = [...changed.beginnings, leftOf(render(false))];
  return { text: changed.text, answer: undefined, beginnings };
}

/** Of a bracket, comma or blank. */
function flipBetween(pieces: readonly Piece[], random: Seeded): Body | undefined {
  const marks = pieces.filter(({ text }) => /^[\s,[\]{}]+$/.test(text));
  const [first, ...others] = marks;
  if (first === undefined) return undefined;
  const victim = random.pick([first, ...others]);
  const flipped = flipBit(victim.text, random.between(0, victim.text.length - 1), random);
  const text = pieces.map((piece) => (piece === victim ? flipped : piece.text)).join('');
  if (parseStrictly(text) !== undefined) return undefined;
  return { text, answer: undefined, beginnings: [leftOf(pieces)] };
}

function leftOf(pieces: readonly Piece[]): string {
  return pieces.map(({ left }) => left).join('');
}

function flipBit(text: string, at: number, random: Seeded): string {
  const flipped = text.charCodeAt(at) ^ (1 << random.between(0, 7));
  return text.slice(0, at) + String.fromCharCode(flipped) + text.slice(at + 1);
}

function blanksOf(random: Seeded): (depth: number) => string {
  return random.chance(0.5) ? () => '' : (depth) => `\n${'  '.repeat(depth)}`;
}
