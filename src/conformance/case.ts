import { z } from 'zod';
import { Payload } from './payload.ts';

/** Header fields: a list of values is as many lines. */
const Fields = z.record(z.string(), z.union([z.string(), z.array(z.string())]));

const sending = {
  /** Milliseconds to wait for more after the first answer. */
  linger: z.int().default(0),
  /** Close our direction of the connection after sending. */
  end: z.boolean().default(false),
};

const RawRequest = z.strictObject({ raw: Payload, ...sending });

const StructuredRequest = z.strictObject({
  method: z.string().default('GET'),
  target: z.string(),
  version: z.string().default('1.1'),
  /** Whose subscription key goes along. */
  key: z.enum(['owner', 'other', 'none']).default('owner'),
  headers: Fields.default({}),
  /** Goes with its Content-Length, and as JSON unless the headers say otherwise. */
  body: Payload.optional(),
  ...sending,
});

/** What the client sends: bytes as they are, or a request in its parts. */
export const Request = z.union([RawRequest, StructuredRequest]);
export type Request = z.infer<typeof Request>;

/** What the upstream sends: bytes as they are, or an answer in its parts. */
export const ScriptedAnswer = z.strictObject({
  /** Only to a request whose head, in lower case, holds this text. */
  when: z.string().optional(),
  raw: Payload.optional(),
  version: z.string().default('1.1'),
  status: z.int().default(200),
  reason: z.string().default(''),
  /** The Content-Type; false: none. */
  type: z.union([z.string(), z.literal(false)]).default('application/json'),
  headers: Fields.default({}),
  body: Payload.default('<list>'),
  framing: z.enum(['length', 'chunked', 'close']).default('length'),
  /** What becomes of the connection. */
  ending: z.enum(['close', 'reset', 'keep', 'stall']).default('close'),
});
export type ScriptedAnswer = z.infer<typeof ScriptedAnswer>;

const Status = z.union([z.int().min(100).max(599), z.enum(['4xx', '5xx'])]);
export type Status = z.infer<typeof Status>;

/**
 * One answer that would do. `own`: the list of the caller's own item; `nothing`: an empty list, in whatever form
 * HTTP has for it; `refused`: a whole 4xx or 5xx; `cut`: no answer, or one that nobody can take for whole.
 */
const AnswerForm = z.union([
  z.enum(['own', 'nothing', 'refused', 'cut']),
  z.strictObject({
    status: z.array(Status).min(1),
    /** The body, as JSON. */
    json: z.string().optional(),
    /** The body, byte for byte. */
    body: Payload.optional(),
    /** Texts that the body holds. */
    contains: z.array(z.string()).default([]),
    /** Header fields: `name`, or `name: value`. */
    has: z.array(z.string()).default([]),
  }),
]);
export type AnswerForm = z.infer<typeof AnswerForm>;

/** What every request that reached the upstream must be like. */
const Forwarded = z.strictObject({
  target: z.string().optional(),
  body: Payload.optional(),
  /** Header fields: `name`, or `name: value`. */
  lacks: z.array(z.string()).default([]),
  /** Texts that are nowhere in the request; case is ignored. */
  lacksText: z.array(z.string()).default([]),
});

const Expectation = z.strictObject({
  /** Any one of these. */
  answer: z.array(AnswerForm).min(1),
  /** Header fields that no answer has: `name`, or `name: value`. */
  lacks: z.array(z.string()).default([]),
  /** Texts that are nowhere in what the client got. */
  lacksText: z.array(z.string()).default([]),
  /** No shared cache may keep the answer. */
  unstorable: z.boolean().default(false),
  /** How many answers the connection gives. */
  answers: z.int().optional(),
  /** How many requests the upstream gets. */
  reaches: z.int().optional(),
  forwarded: Forwarded.optional(),
});
export type Expectation = z.infer<typeof Expectation>;

const step = {
  request: Request,
  /** The first answer whose `when` holds, to each request. */
  upstream: z.array(ScriptedAnswer).min(1),
  expect: Expectation,
};

const Step = z.strictObject({ ...step, upstream: step.upstream.default([ScriptedAnswer.parse({})]) });
export type Step = z.infer<typeof Step>;

const about = {
  id: z.string().regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/),
  /** What the attacker does, and what is gained by it. */
  attack: z.string().min(5),
  /** Where it is from: an RFC's section, a CVE, a public report. */
  source: z.string().min(5),
};

const CaseEntry = z.union([
  z.strictObject({ ...about, ...Step.shape }),
  z.strictObject({
    ...about,
    steps: z.array(Step).min(2),
    /** What must not tell the steps apart: their answers, the heads of these, or what reached the upstream. */
    alike: z.enum(['answers', 'heads', 'forwarded']).optional(),
  }),
]);

/** A file of cases: one family. */
export const CaseFile = z.strictObject({ family: z.string(), cases: z.array(CaseEntry).min(1) });
export type CaseFile = z.infer<typeof CaseFile>;

/** One attack, and what an honest proxy makes of it. */
export interface ConformanceCase {
  readonly id: string;
  readonly family: string;
  readonly attack: string;
  readonly source: string;
  readonly steps: readonly Step[];
  readonly alike: 'answers' | 'heads' | 'forwarded' | undefined;
  /** A second caller takes part, who owns nothing. */
  readonly needsOther: boolean;
}
