import { AttributeReader } from './attributes.ts';
import { Backlog } from './backlog.ts';
import { Envelope } from './envelope.ts';
import type { Fault } from './fault.ts';
import { Machine } from './machine.ts';
import { planOf, type Selection } from './plan.ts';
import { type Counts, Splice } from './splice.ts';
import { Utf8Check } from './utf8.ts';
import { type Decide, Verdicts } from './verdicts.ts';
import { Window } from './window.ts';

export type { Fault } from './fault.ts';
export type { Selection } from './plan.ts';
export type { Decide, Tuple } from './verdicts.ts';

/** A chunk is read in pieces of so many bytes at most: each is copied once, to read it. */
const PIECE = 65_536;

/** What a filter answers that has ended, or whose `decide` has thrown: nothing more may leave it. */
const OVER: Fault = { fault: 'undecided', offset: 0, message: 'the filter is over' };

/**
 * Passes a JSON text on without the items that are not to be seen. On their way its bytes come by utf8 (is it UTF-8),
 * machine (is it JSON), envelope (the containers on the path to the items), attributes (what decides on an item),
 * backlog and verdicts (decisions in batches), splice (what goes out) and tape (in which slices).
 *
 * What passes is the text's own bytes. Memory is bounded by twice `maxItemBytes` and the chunk at hand. After a fault
 * nothing more leaves: every further call returns that fault.
 */
export class ItemFilter {
  readonly #utf8 = new Utf8Check();
  readonly #window = new Window();
  readonly #splice: Splice;
  readonly #backlog: Backlog;
  readonly #attributes: AttributeReader;
  readonly #envelope: Envelope;
  readonly #machine: Machine;
  #fault: Fault | undefined;

  /**
   * @param selection throws an Error if it is not one
   * @param decide says of distinct attribute tuples which items are kept, at once and for the whole text
   */
  constructor(selection: Selection, decide: Decide) {
    const plan = planOf(selection);
    const { maxItemBytes } = selection;
    const window = this.#window;
    const verdicts = new Verdicts(decide);
    this.#splice = new Splice(window, plan, maxItemBytes);
    this.#backlog = new Backlog(window, verdicts, this.#splice);
    this.#attributes = new AttributeReader(window, plan, verdicts);
    this.#envelope = new Envelope({
      window,
      plan,
      maxItemBytes,
      attributes: this.#attributes,
      backlog: this.#backlog,
    });
    this.#machine = new Machine(window, this.#envelope);
  }

  get counts(): Readonly<Counts> {
    return this.#splice.counts;
  }

  /**
   * Takes the next chunk of the text.
   * @returns what can leave: slices of this chunk and copies of what was held of earlier ones
   */
  write(chunk: Uint8Array): readonly Uint8Array[] | Fault {
    if (this.#fault !== undefined) return this.#fault;
    this.#fault = OVER;
    const passed: Uint8Array[] = [];
    for (let from = 0; from < chunk.length; from += PIECE) {
      const fault = this.#read(chunk.subarray(from, from + PIECE));
      if (fault !== undefined) {
        this.#fault = fault;
        return fault;
      }
      passed.push(...this.#splice.take());
    }
    this.#fault = undefined;
    return passed;
  }

  /** The text ends here. Returns the rest, at least its last byte. */
  end(): readonly Uint8Array[] | Fault {
    if (this.#fault !== undefined) return this.#fault;
    this.#fault = OVER;
    const fault = this.#readEnd();
    if (fault === undefined) return this.#splice.finish();
    this.#fault = fault;
    return fault;
  }

  #read(chunk: Uint8Array): Fault | undefined {
    const { length } = chunk;
    const window = this.#window;
    const notUtf8 = this.#utf8.write(chunk);
    if (notUtf8 !== undefined) return window.fault('encoding', notUtf8, 'not UTF-8');
    window.enter(chunk);
    const fault = this.#machine.read() ?? this.#envelope.suspend(length) ?? this.#backlog.clear();
    if (fault !== undefined) return fault;
    const lead = this.#envelope.lead(length);
    if (lead > 0 && !this.#splice.fits(lead)) return this.#splice.tooLarge(length);
    window.advance(this.#envelope.neededFrom(length));
    this.#machine.shift(length);
    this.#envelope.shift(length);
    this.#attributes.shift(length);
    return undefined;
  }

  #readEnd(): Fault | undefined {
    return this.#machine.end() ?? this.#backlog.clear();
  }
}
