import { isDeepStrictEqual } from 'node:util';
import type { AnswerForm, Expectation, Status } from './case.ts';
import type { Answer, Reply } from './client.ts';
import type { ReachedRequest } from './hostile-upstream.ts';
import { type Field, valuesOf } from './http-message.ts';
import { fill, render, type Texts } from './payload.ts';
import { contentOf, hasSeen } from './seen-bytes.ts';

/** Stands in everything that the caller must never see. */
const FORBIDDEN = 'FORBIDDEN';

/** Statuses of answers that caches may keep by their own judgement (RFC 9110, section 15.1). */
const KEPT_UNASKED = new Set([200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501]);

/** What came of one step. */
export interface Observation {
  readonly reply: Reply;
  readonly reached: readonly ReachedRequest[];
}

/** Where an exchange falls short of what should be: nothing, or a phrase each. */
export function judge(expected: Expectation, observed: Observation, texts: Texts): readonly string[] {
  const { reply, reached } = observed;
  const faults = [...judgeAnswer(expected, reply, texts), ...judgeSeen(expected, reply, texts)];
  if (expected.answers !== undefined && reply.answers.length !== expected.answers)
    faults.push(`${reply.answers.length} answers`);
  faults.push(...judgeReached(expected, reached, texts));
  return faults;
}

function judgeAnswer({ answer: forms, unstorable }: Expectation, reply: Reply, texts: Texts): string[] {
  const [answer] = reply.answers;
  if (reply.ending === 'unconnected') return ['nobody listens there any more'];
  if (reply.ending === 'late' && answer?.whole !== true) return ['no answer in time'];
  const misses = forms.map((form) => missOf(form, answer, texts));
  if (!misses.includes(undefined)) return [`not what it should be (${[...new Set(misses)].join('; ')})`];
  if (answer?.whole !== true) return [];
  const faults = reply.answers.filter(({ whole }) => whole).flatMap((whole) => whole.faults);
  if (unstorable && isStorable(answer)) faults.push('a shared cache may keep it');
  return faults;
}

/** Whether a shared cache may give the answer to the next caller unasked (RFC 9111, sections 3 and 4.2). */
function isStorable({ status, fields }: Answer): boolean {
  const directives = valuesOf(fields, 'cache-control').join().toLowerCase();
  if (/no-store|no-cache|private/.test(directives)) return false;
  const explicit = /max-age|s-maxage|public/.test(directives) || valuesOf(fields, 'expires').length > 0;
  return explicit || KEPT_UNASKED.has(status);
}

/** What keeps an answer from being of this form; undefined: nothing does. */
function missOf(form: AnswerForm, answer: Answer | undefined, texts: Texts): string | undefined {
  if (form === 'cut') return answer?.whole === true ? 'it looks whole' : undefined;
  if (answer?.whole !== true) return 'no whole answer';
  const { status } = answer;
  if (form === 'refused') return status >= 400 ? undefined : `status ${status}`;
  if (form === 'nothing' && (status === 204 || status === 404)) return undefined;
  if (form === 'own') return missOfParts({ status: [200], json: '[<own>]' }, answer, texts);
  if (form === 'nothing') return missOfParts({ status: [200], json: '[]' }, answer, texts);
  return missOfParts(form, answer, texts);
}

type Parts = Partial<Exclude<AnswerForm, string>> & { readonly status: readonly Status[] };

function missOfParts(form: Parts, answer: Answer, texts: Texts): string | undefined {
  if (!form.status.some((status) => isOfStatus(answer.status, status))) return `status ${answer.status}`;
  const content = contentOf(answer);
  if (content === undefined) return 'it is not in its content coding';
  if (form.json !== undefined && !isDeepStrictEqual(parse(content), JSON.parse(fill(form.json, texts))))
    return 'another body';
  if (form.body !== undefined && !content.equals(render(form.body, texts))) return 'other bytes';
  const missing = form.contains?.find((text) => !content.includes(fill(text, texts)));
  if (missing !== undefined) return `no ${missing} in it`;
  const lacking = form.has?.find((field) => !hasField(answer.fields, field));
  return lacking === undefined ? undefined : `no ${lacking}`;
}

function isOfStatus(status: number, wanted: Status): boolean {
  if (typeof wanted === 'number') return status === wanted;
  return Math.floor(status / 100) === (wanted === '4xx' ? 4 : 5);
}

function parse(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    return undefined;
  }
}

function judgeSeen({ lacks, lacksText }: Expectation, reply: Reply, texts: Texts): string[] {
  const faults: string[] = [];
  if (hasSeen(reply, FORBIDDEN)) faults.push('it shows what is hidden');
  const fields = reply.answers.flatMap((answer) => [...answer.fields, ...answer.trailers]);
  for (const field of lacks) if (hasField(fields, fill(field, texts))) faults.push(`it has ${field}`);
  for (const text of lacksText) if (hasSeen(reply, fill(text, texts))) faults.push(`it shows ${text}`);
  return faults;
}

/** @param wanted `name`, or `name: value` */
function hasField(fields: readonly Field[], wanted: string): boolean {
  const [name = '', value] = wanted.split(/: (.*)/s);
  const values = valuesOf(fields, name);
  return value === undefined
    ? values.length > 0
    : values.some((found) => found.toLowerCase() === value.toLowerCase());
}

function judgeReached(
  { reaches, forwarded }: Expectation,
  reached: readonly ReachedRequest[],
  texts: Texts,
): string[] {
  const faults: string[] = [];
  if (reaches !== undefined && reached.length > reaches)
    faults.push(`the upstream got ${reached.length === 1 ? 'the request' : `${reached.length} requests`}`);
  for (const request of reached) {
    for (const fault of request.faults)
      faults.push(`the upstream got a request to be read in two ways: ${fault}`);
    if (forwarded !== undefined) faults.push(...judgeForwarded(forwarded, request, texts));
  }
  return [...new Set(faults)];
}

function judgeForwarded(
  { target, body, lacks, lacksText }: NonNullable<Expectation['forwarded']>,
  request: ReachedRequest,
  texts: Texts,
): string[] {
  const faults: string[] = [];
  const [, reachedTarget = ''] = request.head?.startLine.split(' ') ?? [];
  if (target !== undefined && reachedTarget !== target)
    faults.push(`the upstream was asked for ${reachedTarget}`);
  if (body !== undefined && !request.body.equals(render(body, texts)))
    faults.push('the upstream got another body');
  for (const field of lacks)
    if (hasField(request.head?.fields ?? [], fill(field, texts))) faults.push(`the upstream got ${field}`);
  const bytes = request.bytes.toString('latin1').toLowerCase();
  for (const text of lacksText)
    if (bytes.includes(fill(text, texts).toLowerCase())) faults.push(`the upstream got the text ${text}`);
  return faults;
}
