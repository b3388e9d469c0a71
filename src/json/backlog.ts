import type { Fault } from './fault.ts';
import type { Part, Splice } from './splice.ts';
import type { Verdicts } from './verdicts.ts';
import type { Window } from './window.ts';

const LARGEST = 1024;

/** The parts of the text whose splicing waits, in order, for verdicts on the items among them. */
export class Backlog {
  readonly #window: Window;
  readonly #verdicts: Verdicts;
  readonly #splice: Splice;
  #parts: Part[] = [];

  constructor(window: Window, verdicts: Verdicts, splice: Splice) {
    this.#window = window;
    this.#verdicts = verdicts;
    this.#splice = splice;
  }

  add(part: Part): Fault | undefined {
    this.#parts.push(part);
    return this.#verdicts.full || this.#parts.length === LARGEST ? this.clear() : undefined;
  }

  /** Has all that wait decided and spliced. */
  clear(): Fault | undefined {
    if (!this.#verdicts.settle())
      return this.#window.fault('undecided', 0, 'the verdict on items could not be had');
    for (const part of this.#parts) {
      const fault = this.#splice.add(part);
      if (fault !== undefined) return fault;
    }
    this.#parts = [];
    return undefined;
  }
}
