/** The attribute values of an item, in the selection's order; an integer is its decimal text. */
export type Tuple = readonly string[];

/**
 * Decides on distinct tuples, 256 at most: one boolean each, in their order. Undefined if it could not decide.
 */
export type Decide = (tuples: readonly Tuple[]) => readonly boolean[] | undefined;

/** Whether the items of a tuple are kept; undefined until it is decided. */
export interface Verdict {
  kept: boolean | undefined;
}

const LARGEST_BATCH = 256;
/** Verdicts and characters of their tuples that are remembered, so that a long body can't fill the memory. */
const MOST_REMEMBERED = 65_536;
const MOST_CHARACTERS = 4_194_304;

/** Tells tuples apart: texts can hold any character, so that lengths must separate them. */
function keyOf(tuple: Tuple): string {
  let key = tuple[0] ?? '';
  for (let i = 1; i < tuple.length; i++) key = `${key.length}:${key}${tuple[i] ?? ''}`;
  return key;
}

/** Asks for verdicts in batches of distinct tuples, and remembers them. */
export class Verdicts {
  readonly #decide: Decide;
  readonly #remembered = new Map<string, Verdict>();
  #characters = 0;
  #tuples: Tuple[] = [];
  #waiting: Verdict[] = [];

  constructor(decide: Decide) {
    this.#decide = decide;
  }

  /** The verdict on a tuple, which may still wait to be settled. */
  of(tuple: Tuple): Verdict {
    const key = keyOf(tuple);
    const remembered = this.#remembered.get(key);
    if (remembered !== undefined) return remembered;
    const verdict = { kept: undefined };
    this.#remembered.set(key, verdict);
    this.#characters += key.length;
    this.#tuples.push(tuple);
    this.#waiting.push(verdict);
    return verdict;
  }

  /** Whether a batch is full. */
  get full(): boolean {
    return this.#tuples.length === LARGEST_BATCH;
  }

  /** Has all that wait decided. Returns false if they could not be. */
  settle(): boolean {
    if (this.#tuples.length > 0) {
      const answers = this.#decide(this.#tuples);
      if (answers?.length !== this.#tuples.length) return false;
      for (const [i, verdict] of this.#waiting.entries()) verdict.kept = answers[i] === true;
      this.#tuples = [];
      this.#waiting = [];
    }
    if (this.#remembered.size >= MOST_REMEMBERED || this.#characters >= MOST_CHARACTERS) this.#forget();
    return true;
  }

  #forget(): void {
    this.#remembered.clear();
    this.#characters = 0;
  }
}
