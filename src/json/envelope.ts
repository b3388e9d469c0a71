import type { AttributeReader } from './attributes.ts';
import type { Backlog } from './backlog.ts';
import type { Fault } from './fault.ts';
import { ESCAPED, OTHER } from './names.ts';
import type { Level, Plan } from './plan.ts';
import type { Part } from './splice.ts';
import type { Verdict } from './verdicts.ts';
import type { Watcher } from './watcher.ts';
import type { Window } from './window.ts';

const OPEN_ARRAY = 0x5b;
const OPEN_OBJECT = 0x7b;

/**
 * What the child at hand is: not yet known; a container on the path; an item; a member kept beside the path; one of
 * these of which a beginning has gone out; or something that nothing more is to be done about.
 */
type Role = 'unknown' | 'path' | 'item' | 'kept' | 'leaving' | 'done';

/** Index of the path's own name among the names of a level. */
const ON_PATH = 0;
/** The level that stands for no container: around the root. */
const OUTSIDE = -1;

/** What the envelope works with. */
interface EnvelopeParts {
  readonly window: Window;
  readonly plan: Plan;
  readonly maxItemBytes: number;
  readonly attributes: AttributeReader;
  readonly backlog: Backlog;
}

/** Follows the containers on the path to the items, and cuts the text into the parts that are to be spliced. */
export class Envelope implements Watcher {
  readonly #parts: EnvelopeParts;
  readonly #levels: readonly Level[];
  readonly #attributes: AttributeReader;
  /** For each level, which of its names its container has shown. */
  readonly #seen: readonly Uint8Array[];
  /** The innermost container on the path that is open. */
  #level = OUTSIDE;
  #role: Role = 'unknown';
  /** The child's value has begun, and is no container on the path. */
  #inValue = false;
  #ended = false;
  // Where the child at hand stands: see Part.
  #gapFrom = 0;
  #bodyAt = 0;
  #valueAt = 0;

  constructor(parts: EnvelopeParts) {
    this.#parts = parts;
    this.#levels = parts.plan.levels;
    this.#attributes = parts.attributes;
    this.#seen = this.#levels.map(({ names }) => new Uint8Array(names.count));
  }

  wants(length: number): boolean {
    return !this.#attributes.within || this.#attributes.wants(length);
  }

  key(from: number, to: number, plain: boolean): boolean | Fault {
    if (this.#attributes.within) return this.#attributes.key(from, to, plain);
    this.#bodyAt = from;
    const found = this.#levels[this.#level]?.names.find(this.#parts.window, from, to, plain) ?? OTHER;
    if (found === ESCAPED)
      return this.#structure(from, 'a member on the path, or kept, is spelled with escapes');
    if (found === OTHER) {
      this.#role = 'done';
      return this.#add('removed', to, to) ?? true;
    }
    const seen = this.#seen[this.#level];
    if (seen?.[found] !== 0) return this.#structure(from, 'a member on the path, or kept, stands twice');
    seen[found] = 1;
    this.#role = found === ON_PATH ? this.#childOnPath : 'kept';
    return true;
  }

  value(at: number, first: number): boolean | Fault {
    if (this.#attributes.within) return this.#attributes.value(at, first);
    if (this.#levels[this.#level]?.kind !== 'object') {
      this.#bodyAt = at;
      this.#role = this.#childOnPath;
    }
    this.#valueAt = at;
    if (this.#role === 'path') return this.#open(at, first);
    this.#inValue = true;
    return this.#role === 'item' && this.#attributes.begin(at, first);
  }

  valueEnd(to: number, plain: boolean): Fault | undefined {
    if (this.#attributes.within) {
      this.#attributes.valueEnd(to, plain);
      return undefined;
    }
    const fault = this.#childEnd(to, plain);
    this.#gapFrom = to;
    this.#role = 'unknown';
    this.#inValue = false;
    this.#ended = this.#level === OUTSIDE;
    return fault;
  }

  close(at: number): Fault | undefined {
    if (this.#attributes.within) {
      this.#attributes.close();
      return undefined;
    }
    if (this.#childOnPath === 'path' && this.#seen[this.#level]?.[ON_PATH] === 0) {
      return this.#structure(at, 'a container on the path is missing');
    }
    this.#bodyAt = at;
    this.#role = 'path';
    this.#level--;
    return this.#add('close', at, at + 1);
  }

  /** The chunk ends here: what can leave of the child at hand does, and what is not needed is not kept. */
  suspend(end: number): Fault | undefined {
    if (this.#ended) return this.#leave('tail', end);
    if (this.#level === OUTSIDE && this.#levels.length > 0) return this.#leave('more', end);
    if (!this.#inValue) return undefined;
    if (this.#role === 'item' && end - this.#valueAt > this.#parts.maxItemBytes) {
      this.#attributes.abandon();
      this.#role = 'done';
      return this.#add('faulty', this.#valueAt, this.#valueAt);
    }
    if (this.#role === 'leaving') return this.#leave('more', end);
    if (this.#role !== 'kept') return undefined;
    const fault = this.#add('member', this.#valueAt, end);
    this.#role = 'leaving';
    this.#gapFrom = end;
    return fault;
  }

  /** Where the bytes begin that are still needed when the chunk is left at its end. */
  neededFrom(end: number): number {
    return this.#role === 'done' ? end : this.#gapFrom;
  }

  /** How many of them stand before a value. */
  lead(end: number): number {
    const inItem = this.#inValue && this.#role === 'item';
    return (inItem ? this.#valueAt : end) - this.neededFrom(end);
  }

  /** The next chunk's positions begin so many bytes further on. */
  shift(bytes: number): void {
    this.#gapFrom -= bytes;
    this.#bodyAt -= bytes;
    this.#valueAt -= bytes;
  }

  /** What stands on the path in the innermost container. */
  get #childOnPath(): Role {
    return this.#level === this.#levels.length - 1 ? 'item' : 'path';
  }

  #open(at: number, first: number): true | Fault {
    const { kind } = this.#levels[this.#level + 1] ?? { kind: undefined };
    if (first !== (kind === 'array' ? OPEN_ARRAY : OPEN_OBJECT)) {
      return this.#structure(at, `where the selector has an ${kind} something else stands`);
    }
    // What stands before the root need not be held.
    const before = this.#level === OUTSIDE ? this.#leave('more', at) : undefined;
    const fault = before ?? this.#add('open', at, at + 1);
    this.#level++;
    this.#seen[this.#level]?.fill(0);
    this.#role = 'unknown';
    this.#gapFrom = at + 1;
    return fault ?? true;
  }

  #childEnd(to: number, plain: boolean): Fault | undefined {
    switch (this.#role) {
      case 'item': {
        this.#attributes.valueEnd(to, plain);
        const tooLarge = to - this.#valueAt > this.#parts.maxItemBytes;
        const verdict = tooLarge ? undefined : this.#attributes.verdict();
        return this.#add(verdict === undefined ? 'faulty' : 'item', this.#valueAt, to, verdict);
      }
      case 'kept':
        return this.#add('member', this.#valueAt, to);
      case 'leaving':
        return this.#leave('more', to);
      case 'unknown':
      case 'path':
      case 'done':
    }
    return undefined;
  }

  #add(kind: Part['kind'], valueAt: number, to: number, verdict?: Verdict): Fault | undefined {
    const gapFrom = this.#gapFrom;
    const bodyAt = this.#bodyAt;
    return this.#parts.backlog.add({ kind, gapFrom, bodyAt, valueAt, to, verdict });
  }

  /** The bytes from the gap on leave as they are. */
  #leave(kind: 'more' | 'tail', to: number): Fault | undefined {
    this.#bodyAt = this.#gapFrom;
    const fault = this.#add(kind, this.#gapFrom, to);
    this.#gapFrom = to;
    this.#bodyAt = to;
    return fault;
  }

  #structure(at: number, message: string): Fault {
    return this.#parts.window.fault('structure', at, message);
  }
}
