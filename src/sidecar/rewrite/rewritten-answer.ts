import type { ServerResponse } from 'node:http';
import type { Fault, ItemFilter } from '../../json/item-filter.ts';
import {
  type ForwardOutcome,
  type Refused,
  type Reset,
  refusedFor,
  resetInsteadOf,
} from '../forward/outcome.ts';
import { isRefusal, type Refusal } from '../refusals.ts';
import { resetConnection } from '../reset-connection.ts';
import type { BodyFlow, BodySink } from './content-decoder.ts';
import { rightsChanged, unfilterable, versionUnsupported } from './verdict.ts';
import { sendWhole, type WholeAnswer } from './whole-answer.ts';

/**
 * Bytes of the upstream's body that are read before the answer begins, so that most faults still get a clean
 * refusal; and the most that a client is sent that could not tell a cut body from a whole one.
 */
const HELD = 65_536;

/** What the upstream's body is turned into: an ItemFilter, or nothing else than it was. */
export interface Transformation {
  write(chunk: Uint8Array): readonly Uint8Array[] | Fault;
  end(): readonly Uint8Array[] | Fault;
  readonly counts?: ItemFilter['counts'];
}

export interface AnswerParts {
  readonly response: ServerResponse;
  readonly head: Omit<WholeAnswer, 'body'>;
  readonly transformation: Transformation;
  /** What is sent in the place of an answer in which nothing was kept; undefined: that answer, as it is. */
  readonly nothingKept: () => WholeAnswer | Refusal | undefined;
  /** Whether an answer with nothing kept must look like every other such one. */
  readonly emptiesAlike: boolean;
  /** Whether what has been decided about items still holds. */
  readonly isCurrent: () => boolean;
  /** What a fault of the transformation means. */
  readonly refusalOf: (fault: Fault) => Refused;
  readonly upstream: BodyFlow;
  /** Called once, when there is nothing more to write: `sent` before the client has it all. */
  readonly over: (outcome: ForwardOutcome) => void;
}

/**
 * Writes what is left of the upstream's body to the client. Until the answer has begun every fault is a refusal;
 * from then on it resets the connection, so that a cut answer is never taken for a whole one.
 */
export class RewrittenAnswer implements BodySink {
  readonly #parts: AnswerParts;
  #state: 'holding' | 'streaming' | 'over' = 'holding';
  #read = 0;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #waiting = false;

  constructor(parts: AnswerParts) {
    this.#parts = parts;
  }

  write(chunk: Uint8Array): void {
    if (this.#state === 'over') return;
    const pieces = this.#parts.transformation.write(chunk);
    if ('fault' in pieces) return this.fail(this.#parts.refusalOf(pieces));
    this.#read += chunk.length;
    if (this.#state === 'streaming') return this.#send(pieces);
    this.#hold(pieces);
    if (this.#readsHttp10()) {
      if (this.#heldBytes > HELD) this.#refuse(versionUnsupported());
    } else if (this.#read >= HELD) this.#beginIfNotEmpty();
  }

  end(): void {
    if (this.#state === 'over') return;
    const pieces = this.#parts.transformation.end();
    if ('fault' in pieces) return this.fail(this.#parts.refusalOf(pieces));
    if (!this.#checkCurrent()) return;
    if (this.#state === 'streaming') {
      this.#parts.response.end(joined(pieces));
      this.#sent(this.#parts.head.status);
      return;
    }
    this.#hold(pieces);
    const instead = this.#parts.transformation.counts?.kept === 0 ? this.#parts.nothingKept() : undefined;
    if (instead === undefined) this.#sendWhole({ ...this.#parts.head, body: joined(this.#held) });
    else if (isRefusal(instead)) this.#refuse(instead);
    else this.#sendWhole(instead);
  }

  broken(reason: string): void {
    this.fail(refusedFor(unfilterable(), reason));
  }

  /** Says no if nothing has been said yet, else resets the connection. */
  fail(refused: Refused): void {
    if (this.#state === 'over') return;
    if (this.#state === 'streaming') this.#reset(resetInsteadOf(refused));
    else {
      this.#state = 'over';
      this.#parts.over(refused);
    }
  }

  #refuse(refusal: Refusal): void {
    this.fail({ kind: 'refused', refusal });
  }

  #reset(outcome: Reset): void {
    this.#state = 'over';
    resetConnection(this.#parts.response);
    this.#parts.over(outcome);
  }

  #sent(status: number): void {
    this.#state = 'over';
    const { counts } = this.#parts.transformation;
    this.#parts.over(counts === undefined ? { kind: 'sent', status } : { kind: 'sent', status, counts });
  }

  #sendWhole(answer: WholeAnswer): void {
    if (this.#readsHttp10() && answer.body.length > HELD) return this.#refuse(versionUnsupported());
    sendWhole(this.#parts.response, answer);
    this.#sent(answer.status);
  }

  #hold(pieces: readonly Uint8Array[]): void {
    // A slice keeps its whole chunk in memory: of a long body, few bytes are held of many chunks.
    const isLong = this.#read > HELD;
    for (const piece of pieces) {
      this.#held.push(isLong ? Buffer.from(piece) : piece);
      this.#heldBytes += piece.length;
    }
  }

  /**
   * A list in which nothing has been kept yet is not begun, however long the upstream's is: it would differ from
   * the one answer that empty lists have. What is held of it can only be blanks, if it may look like that answer;
   * else its envelope, which is not held beyond measure.
   */
  #beginIfNotEmpty(): void {
    const { transformation, emptiesAlike } = this.#parts;
    const nothingYet = transformation.counts?.kept === 0;
    if (!nothingYet || (this.#heldBytes > HELD && !emptiesAlike)) this.#begin();
    else if (this.#heldBytes > HELD) this.broken('it begins with too many blanks');
  }

  #begin(): void {
    if (!this.#checkCurrent()) return;
    const { response, head } = this.#parts;
    response.writeHead(head.status, head.headers);
    if (response.req.method === 'HEAD') {
      response.end();
      this.#sent(head.status);
      return;
    }
    this.#state = 'streaming';
    const held = this.#held;
    this.#held = [];
    this.#send(held);
  }

  #send(pieces: readonly Uint8Array[]): void {
    if (pieces.length === 0 || !this.#checkCurrent()) return;
    const { response, upstream } = this.#parts;
    if (response.write(joined(pieces)) || this.#waiting) return;
    // What the upstream's side has read already still comes.
    this.#waiting = true;
    upstream.pause();
    response.once('drain', () => {
      this.#waiting = false;
      upstream.resume();
    });
  }

  /** Rights that have changed while the answer was made end it: what was decided by them may not be so any more. */
  #checkCurrent(): boolean {
    if (this.#parts.isCurrent()) return true;
    if (this.#state === 'streaming') this.#reset({ kind: 'reset', code: 'identity_changed' });
    else this.#refuse(rightsChanged());
    return false;
  }

  #readsHttp10(): boolean {
    return this.#parts.response.req.httpVersion === '1.0';
  }
}

/** One write for many small pieces: copying them costs less than writing them one by one. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [only] = pieces;
  return pieces.length === 1 && only !== undefined ? only : Buffer.concat(pieces);
}
