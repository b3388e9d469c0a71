import type { Patience, Shape } from './fault-routes.ts';
import type { Seeded } from './seeded.ts';
import { type Framing, renderBrokenChunks, renderChunked, renderHead, type WireStep } from './wire.ts';

export const FAULTS = [
  'none',
  'trickle',
  'stall',
  'reset',
  'early close',
  'surplus',
  'body too long',
  'body too short',
  'broken chunk',
  'flipped bit',
  'no head',
  'error status',
] as const;

export type FaultKind = (typeof FAULTS)[number];

export interface Speech {
  readonly fault: FaultKind;
  readonly shape: Shape;
  readonly framing: Framing;
  readonly gzip: boolean;
  /** The body as it is sent. */
  readonly bytes: string;
}

/** How a body is sent. */
export interface Transmission {
  readonly program: readonly WireStep[];
  readonly patience: Patience;
  readonly status: number;
  /** For people. */
  readonly detail: string;
  /** Whether the answer comes to its end: `maybe` where what follows the end may break it all the same. */
  readonly ends: 'surely' | 'maybe' | 'never';
  /** The body that was announced, if it ends: all there is to it where nobody looks into it. */
  readonly said: string;
  /** Codes of the refusals that it may lead to. */
  readonly codes: readonly string[];
}

const FORGED = '[{"forged":"HIDDEN"}]';
const FORGED_ANSWER = `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${FORGED.length}\r\n\r\n${FORGED}`;
const GARBAGE: readonly [string, ...string[]] = [FORGED, '\0\xff\xfeHIDDEN', ']'];

type Plan = (speech: Speech, random: Seeded) => Transmission;

const PLANS: Readonly<Record<FaultKind, Plan>> = {
  none: whole,
  'flipped bit': whole,
  trickle: trickled,
  stall: (speech, random) => cut(speech, { kind: 'silence' }, random),
  reset: (speech, random) => cut(speech, { kind: 'reset' }, random),
  'early close': (speech, random) => cut(speech, { kind: 'close' }, random),
  surplus,
  'body too long': (speech, random) =>
    misCounted(speech, random.between(0, speech.bytes.length - 1), { kind: 'close' }, random),
  'body too short': (speech, random) =>
    misCounted(speech, speech.bytes.length + random.magnitude(1, 1000), random.pick(LAST_STEPS), random),
  'broken chunk': brokenChunk,
  'no head': headless,
  'error status': (speech, random) => ({
    ...whole(speech, random, random.pick([404, 500, 503])),
    codes: ['upstream_error'],
  }),
};

const LAST_STEPS: readonly [WireStep, ...WireStep[]] = [
  { kind: 'silence' },
  { kind: 'reset' },
  { kind: 'close' },
];

/** Plans what the upstream does: all of it well, or with one fault at a random point. */
export function transmit(speech: Speech, random: Seeded): Transmission {
  return PLANS[speech.fault](speech, random);
}

function whole(speech: Speech, random: Seeded, status = 200): Transmission {
  const { head, body } = render(speech, random, status);
  return {
    program: [{ kind: 'send', bytes: head + body }, ending(head)],
    patience: 'patient',
    status,
    detail: `${status}`,
    ends: 'surely',
    said: speech.bytes,
    codes: [],
  };
}

function trickled(speech: Speech, random: Seeded): Transmission {
  const { head, body } = render(speech, random);
  const all = head + body;
  const at = random.between(0, all.length - 1);
  const to = at + random.between(1, 200);
  const program: WireStep[] = [
    { kind: 'send', bytes: all.slice(0, at) },
    { kind: 'trickle', bytes: all.slice(at, to) },
    { kind: 'send', bytes: all.slice(to) },
    ending(head),
  ];
  return { ...whole(speech, random), program, detail: `at ${at}` };
}

/** The upstream stops somewhere in the body, or, short of the end of all, behind it. */
function cut(speech: Speech, last: WireStep, random: Seeded): Transmission {
  const { framing, shape, bytes } = speech;
  const { head, body } = render(speech, random);
  const point = pointIn(body.length, random);
  // A connection that may be used again, and is not there any more, would break the request after this one.
  const at =
    head.length + Math.min(point, head.includes('Connection: close') ? body.length : body.length - 1);
  const isAll = at === head.length + body.length;
  const isTold = framing === 'close' ? last.kind === 'close' : isAll;
  return {
    program: [{ kind: 'send', bytes: (head + body).slice(0, at) }, last],
    patience: patienceFor(last),
    status: 200,
    detail: `at ${at} of ${head.length}+${body.length}`,
    ends: isTold && (isAll || shape === 'whole') ? 'maybe' : 'never',
    said: framing === 'close' ? bytes.slice(0, at - head.length) : bytes,
    codes: codesFor(last),
  };
}

function patienceFor({ kind }: WireStep): Patience {
  return kind === 'silence' ? 'hasty' : 'patient';
}

function codesFor({ kind }: WireStep): readonly string[] {
  return kind === 'silence' ? ['upstream_timeout'] : ['response_unfilterable', 'upstream_unreachable'];
}

/** Something comes after the end. */
function surplus(speech: Speech, random: Seeded): Transmission {
  const { framing, shape } = speech;
  const { head, body } = render(speech, random);
  const garbage = random.pick([FORGED_ANSWER, ...GARBAGE]);
  const last: WireStep =
    framing === 'close' || random.chance(0.5) ? { kind: 'close' } : { kind: 'keep', spoilt: true };
  return {
    ...whole(speech, random),
    program: [{ kind: 'send', bytes: head + body + garbage }, last],
    detail: `of ${garbage.length} bytes`,
    ends: framing === 'close' && shape !== 'whole' ? 'never' : 'maybe',
    said: framing === 'close' ? speech.bytes + garbage : speech.bytes,
    codes: ['response_unfilterable'],
  };
}

/** The length that is announced is another than the body's. */
function misCounted(speech: Speech, announced: number, last: WireStep, random: Seeded): Transmission {
  const { bytes, gzip, shape } = speech;
  const closing = random.chance(0.2);
  const facts = { status: 200, framing: 'length', gzip, contentLength: announced, closing } as const;
  return {
    program: [{ kind: 'send', bytes: renderHead(facts, random.chance(0.1)) + bytes }, last],
    patience: patienceFor(last),
    status: 200,
    detail: `${announced} announced, then ${last.kind}`,
    ends: shape === 'whole' && announced < bytes.length ? 'maybe' : 'never',
    said: bytes.slice(0, announced),
    codes: codesFor(last),
  };
}

function brokenChunk(speech: Speech, random: Seeded): Transmission {
  const { head } = render(speech, random);
  const { fault, bytes } = renderBrokenChunks(speech.bytes, random);
  const last: WireStep = random.chance(0.5) ? { kind: 'close' } : { kind: 'keep', spoilt: true };
  return {
    ...whole(speech, random),
    program: [{ kind: 'send', bytes: head + bytes }, last],
    detail: fault,
    ends: 'never',
    codes: ['response_unfilterable'],
  };
}

/** Part of a head, or something that is none, or nothing. */
function headless(speech: Speech, random: Seeded): Transmission {
  const { head } = render(speech, random);
  const said = random.pick(['', head.slice(0, random.between(1, head.length - 1)), ...GARBAGE]);
  const last = random.pick(LAST_STEPS);
  return {
    program: [{ kind: 'send', bytes: said }, last],
    patience: patienceFor(last),
    status: 200,
    detail: `${said.length} bytes, then ${last.kind}`,
    ends: 'never',
    said: '',
    codes: ['upstream_timeout', 'upstream_unreachable', 'response_unfilterable'],
  };
}

function render({ framing, gzip, bytes }: Speech, random: Seeded, status = 200) {
  const closing = framing === 'close' || random.chance(0.2);
  const facts = { status, framing, gzip, contentLength: bytes.length, closing };
  const head = renderHead(facts, random.chance(0.1));
  return { head, body: framing === 'chunked' ? renderChunked(bytes, random) : bytes };
}

function ending(head: string): WireStep {
  return head.includes('Connection: close') ? { kind: 'close' } : { kind: 'keep', spoilt: false };
}

/** Anywhere; often near the end, or near where the sidecar begins its answer. */
function pointIn(length: number, random: Seeded): number {
  const where = random.next();
  if (where < 0.2) return length - Math.min(length, random.between(0, 40));
  if (where < 0.4) return Math.min(length, 65_536 + random.between(-300, 300));
  return random.between(0, length);
}
