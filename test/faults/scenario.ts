import { gzipSync } from 'node:zlib';
import { type Answer, type Body, makeBody, makeFlippedBody, NOT_FOUND } from './body.ts';
import { pathOf, type Shape } from './fault-routes.ts';
import { OWNER, ownerSees, STRANGER } from './rights.ts';
import { Seeded } from './seeded.ts';
import { FAULTS, type FaultKind, type Transmission, transmit } from './transmission.ts';
import type { Framing } from './wire.ts';

/** Bytes that are read of a filtered body before its answer begins, and the most of it that HTTP/1.0 is sent. */
const HELD = 65_536;

const SHAPES: readonly [Shape, ...Shape[]] = ['list', 'list', 'page', 'object', 'sales', 'sales', 'whole'];
const FRAMINGS: readonly [Framing, ...Framing[]] = ['length', 'chunked', 'chunked', 'close'];

/** What may become of a request. */
export interface Expected {
  /** Nothing that tells of the whole may pass. */
  readonly filtered: boolean;
  /** The right answer; undefined where there is none, since the upstream's is broken. */
  readonly whole: Answer | undefined;
  /** The right answer is the only one. */
  readonly surely: boolean;
  /** An answer that was cut off is the beginning of one of these; without any, none may be cut off. */
  readonly beginnings: readonly string[];
  /** Codes of the refusals that may stand in its place. */
  readonly codes: readonly string[];
}

/** A request, and what the upstream does to it. */
export interface Scenario {
  readonly fault: FaultKind;
  /** For people: enough to know it by. */
  readonly description: string;
  readonly path: string;
  readonly key: string;
  readonly version: '1.0' | '1.1';
  /** Reads the answer with long pauses. */
  readonly slowReader: boolean;
  readonly program: Transmission['program'];
  readonly expected: Expected;
}

/**
 * The same for the same number and seed.
 *
 * @param thing what is asked for: few of them, so that what is remembered of each does not look like a leak
 */
export function makeScenario(number: number, thing: number, seed: number): Scenario {
  const random = new Seeded(seed + number);
  const fault = FAULTS[number % FAULTS.length] ?? 'none';
  const shape = random.pick(SHAPES);
  const isOwner = random.chance(0.8);
  const sees = isOwner ? ownerSees : () => false;
  const body = (fault === 'flipped bit' ? makeFlippedBody : makeBody)(shape, sees, random);
  const framing = fault === 'broken chunk' ? 'chunked' : random.pick(FRAMINGS);
  const gzip =
    fault !== 'flipped bit' && shape !== 'whole' && body.text.length < 300_000 && random.chance(0.15);
  const bytes = gzip ? gzipSync(Buffer.from(body.text, 'latin1')).toString('latin1') : body.text;
  const transmission = transmit({ fault, shape, framing, gzip, bytes }, random);
  const version = random.chance(0.1) ? '1.0' : '1.1';
  const facts = [fault, transmission.detail, shape, isOwner ? 'owner' : 'stranger', framing, gzip && 'gzip'];
  return {
    fault,
    description: `#${number}: ${facts.filter(Boolean).join(', ')}, HTTP/${version}, ${body.text.length} bytes`,
    path: pathOf(shape, transmission.patience, thing),
    key: isOwner ? OWNER : STRANGER,
    version,
    slowReader: random.chance(0.1),
    program: transmission.program,
    expected: expectedOf(shape, body, transmission, version),
  };
}

function expectedOf(shape: Shape, body: Body, transmission: Transmission, version: string): Expected {
  const filtered = shape !== 'whole';
  const whole = transmission.ends === 'never' ? undefined : wholeOf(shape, body, transmission);
  const surely = whole !== undefined && transmission.ends === 'surely';
  // A text that is broken has no right answer, however well it was sent.
  const codes = surely ? [] : [...transmission.codes, ...(body.answer ? [] : ['response_unfilterable'])];
  const { beginnings } = body;
  const isLong = beginnings.some(({ length }) => length > HELD);
  if (filtered && version === '1.0' && isLong && transmission.status === 200) {
    const refusals = [...codes, 'version_unsupported'];
    return { filtered, whole: undefined, surely: false, beginnings: [], codes: refusals };
  }
  const begins =
    !surely && (!filtered || (transmission.status === 200 && version === '1.1' && body.text.length > HELD));
  return { filtered, whole, surely, beginnings: begins ? beginnings : [], codes };
}

function wholeOf(shape: Shape, { answer }: Body, { status, said }: Transmission): Answer | undefined {
  if (shape === 'whole') return { status, body: said };
  if (status === 200) return answer;
  if (status !== 404) return undefined;
  if (shape === 'object') return NOT_FOUND;
  return { status: 200, body: shape === 'page' ? '{"value":[]}' : '[]' };
}
