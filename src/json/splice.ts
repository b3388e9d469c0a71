import type { Fault } from './fault.ts';
import type { Plan } from './plan.ts';
import { Tape } from './tape.ts';
import type { Verdict } from './verdicts.ts';
import type { Window } from './window.ts';

const COMMA = 0x2c;

/** A piece of the text on the path: a container that opens or closes, or a child of one. */
export interface Part {
  /**
   * `open`, `close`: a container on the path; `item`; `faulty`: an item that is hidden whatever the verdict;
   * `member`: one that is kept beside the path; `removed`: one that is not; `more`: the next bytes of what is
   * going out; `tail`: whitespace after the text.
   */
  readonly kind: 'open' | 'close' | 'item' | 'faulty' | 'member' | 'removed' | 'more' | 'tail';
  /** Where the child before it ended, or its container's opening bracket: nothing but whitespace and a comma follows. */
  readonly gapFrom: number;
  /** Its first byte: of its key, its value, or the closing bracket. */
  readonly bodyAt: number;
  /** Its value's first byte; of a removed member, the end of its key: what stands before it has to be held. */
  readonly valueAt: number;
  readonly to: number;
  /** Of an item. */
  readonly verdict: Verdict | undefined;
}

/** How many items and members passed or did not. A faulty item counts as hidden too. */
export interface Counts {
  kept: number;
  hidden: number;
  faulty: number;
  removedMembers: number;
}

/** A container on the path that is open; the text is one around them all. */
interface Frame {
  /** A child of it is on the tape. */
  kept: boolean;
  /** The whitespace after its bracket, if its first child went without it. */
  opening: Uint8Array | undefined;
  /** Unsettled bytes on the tape before it, if it goes when no item in it is kept; else SURE. */
  mark: number;
  /** What `kept` of its parent is if it goes. */
  readonly parentKept: boolean;
}

const SURE = -1;

/** Puts on the tape what goes out, byte for byte, and takes back what goes with its last item. */
export class Splice {
  readonly counts: Counts = { kept: 0, hidden: 0, faulty: 0, removedMembers: 0 };
  readonly #window: Window;
  readonly #plan: Plan;
  readonly #most: number;
  readonly #tape = new Tape();
  readonly #text: Frame = { kept: false, opening: undefined, mark: SURE, parentKept: false };
  readonly #frames: Frame[] = [];
  /** Frames that may yet go. */
  #unsure = 0;
  /** Bytes of the frames' openings. */
  #openings = 0;
  #tail = 0;
  /** The text's last byte is on the tape, where it waits for the end. */
  #ended = false;

  constructor(window: Window, plan: Plan, maxItemBytes: number) {
    this.#window = window;
    this.#plan = plan;
    this.#most = maxItemBytes;
  }

  /** Whether so many bytes before a value can be held beside what is held already. */
  fits(bytes: number): boolean {
    return this.#tape.unsettled + this.#openings + bytes <= this.#most;
  }

  tooLarge(at: number): Fault {
    return this.#window.fault('too_large', at, `more than ${this.#most} bytes would have to be held`);
  }

  /** Adds the next piece of the text. Verdicts on items must be settled. */
  add(part: Part): Fault | undefined {
    if (part.kind !== 'tail' && !this.fits(part.valueAt - part.gapFrom)) return this.tooLarge(part.bodyAt);
    this.#splice(part);
    if (this.#unsure === 0 && !this.#ended) this.#tape.settle();
    return this.#tail > this.#most ? this.tooLarge(part.bodyAt) : undefined;
  }

  /** Takes what can leave. */
  take(): Uint8Array[] {
    return this.#tape.take();
  }

  /** The text has ended as it should: takes the rest. */
  finish(): Uint8Array[] {
    this.#tape.settle();
    return this.#tape.take();
  }

  #splice(part: Part): void {
    switch (part.kind) {
      case 'open':
        return this.#open(part);
      case 'close':
        return this.#close(part);
      case 'item':
        return part.verdict?.kept === true ? this.#keepItem(part) : this.#hideItem(part);
      case 'faulty':
        this.counts.faulty++;
        return this.#hideItem(part);
      case 'member':
        return this.#keep(part);
      case 'removed':
        this.counts.removedMembers++;
        return this.#skip(part);
      case 'more':
        return this.#copy(part.bodyAt, part.to);
      case 'tail':
        this.#tail += part.to - part.bodyAt;
        if (this.#text.kept) this.#copy(part.bodyAt, part.to);
    }
  }

  #open(part: Part): void {
    const parent = this.#innermost;
    const prunable = this.#plan.levels[this.#frames.length]?.prunable === true;
    const frame = { kept: false, opening: undefined, mark: SURE, parentKept: parent.kept };
    if (prunable) {
      frame.mark = this.#tape.unsettled;
      this.#unsure++;
    }
    this.#keep(part);
    if (prunable && !frame.parentKept) this.#saveOpening(parent, part);
    this.#frames.push(frame);
  }

  #close(part: Part): void {
    const frame = this.#frames.pop();
    if (frame === undefined) return;
    this.#copy(frame.kept ? part.gapFrom : part.bodyAt, part.to);
    this.#openings -= frame.opening?.length ?? 0;
    if (frame.mark !== SURE) {
      this.#tape.truncate(frame.mark);
      this.#unsure--;
      this.#innermost.kept = frame.parentKept;
    }
    this.#ended = this.#frames.length === 0;
  }

  #keepItem(part: Part): void {
    this.counts.kept++;
    this.#keep(part);
    if (this.#unsure > 0) {
      for (const frame of this.#frames) frame.mark = SURE;
      this.#unsure = 0;
    }
    this.#ended = this.#frames.length === 0;
  }

  #hideItem(part: Part): void {
    this.counts.hidden++;
    this.#skip(part);
    this.#ended = this.#frames.length === 0;
  }

  /** The first kept child takes the whitespace after the bracket, a later one its own, with its comma. */
  #keep(part: Part): void {
    const parent = this.#innermost;
    if (parent.kept || parent.opening === undefined) this.#copy(this.#commaAt(part), part.bodyAt);
    else this.#tape.append(parent.opening, 0, parent.opening.length);
    parent.kept = true;
    this.#copy(part.bodyAt, part.to);
  }

  #skip(part: Part): void {
    const parent = this.#innermost;
    if (!parent.kept) this.#saveOpening(parent, part);
  }

  /** The first child goes, or may go: the whitespace before it is for another. */
  #saveOpening(parent: Frame, part: Part): void {
    if (parent.opening !== undefined) return;
    parent.opening = new Uint8Array(this.#window.bytes(this.#commaAt(part), part.bodyAt));
    this.#openings += parent.opening.length;
  }

  /** The comma before a child; before a first one, where its container's bracket ends. */
  #commaAt({ gapFrom, bodyAt }: Part): number {
    return this.#window.find(COMMA, gapFrom, bodyAt) ?? gapFrom;
  }

  get #innermost(): Frame {
    return this.#frames.at(-1) ?? this.#text;
  }

  #copy(from: number, to: number): void {
    this.#window.copyTo(this.#tape, from, to);
  }
}
