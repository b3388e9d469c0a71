import { setTimeout } from 'node:timers/promises';
import { differenceOf } from './alike.ts';
import type { ConformanceCase, Request, ScriptedAnswer, Step } from './case.ts';
import { converse, type Sending } from './client.ts';
import type { HostileUpstream, Script } from './hostile-upstream.ts';
import type { MessageHead } from './http-message.ts';
import { judge, type Observation } from './judge.ts';
import { fill, render, type Texts } from './payload.ts';

/** The header that the subscription key goes in: Azure API Management's name. */
const KEY_HEADER = 'Ocp-Apim-Subscription-Key';
/** Milliseconds in which what is under way behind an answer arrives. */
const SETTLING = 10;

/** What cases are played on. */
export interface Bench {
  readonly proxy: { readonly host: string; readonly port: number };
  readonly upstream: HostileUpstream;
  /** The cases' texts, and those of this run: `key`, `other-key`, `host`, `upstream`. */
  readonly texts: Texts;
}

/** What came of a case. */
export interface Verdict {
  /** What was: an outcome a step. */
  readonly was: string;
  /** Where it falls short; empty: it holds. */
  readonly faults: readonly string[];
}

/**
 * Puts a proxy and a hostile upstream together.
 * @param keys of the owner of wholesaler 10001, and of a caller who owns nothing
 */
export function setUpBench(
  proxy: URL,
  upstream: HostileUpstream,
  keys: { readonly owner: string; readonly other: string | undefined },
  texts: Texts,
): Bench {
  const ofTheRun = {
    key: keys.owner,
    'other-key': keys.other ?? '',
    host: proxy.host,
    upstream: `127.0.0.1:${upstream.port}`,
    'upstream-port': String(upstream.port),
  };
  return {
    proxy: { host: proxy.hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(proxy.port || 80) },
    upstream,
    texts: new Map([...texts, ...Object.entries(ofTheRun)]),
  };
}

/** Plays one case. Nothing else may use the bench meanwhile. */
export async function play({ steps, alike }: ConformanceCase, bench: Bench): Promise<Verdict> {
  const observed: Observation[] = [];
  const faults: string[] = [];
  for (const [index, step] of steps.entries()) {
    const observation = await take(step, bench);
    observed.push(observation);
    const prefix = steps.length > 1 ? `${index + 1}: ` : '';
    for (const fault of judge(step.expect, observation, bench.texts)) faults.push(prefix + fault);
  }
  if (alike !== undefined) faults.push(...[differenceOf(alike, observed) ?? []].flat());
  if (bench.upstream.hangUp()) await setTimeout(SETTLING);
  return { was: observed.map(outcomeOf).join(', then '), faults };
}

async function take(
  { request, upstream: answers }: Step,
  { proxy, upstream, texts }: Bench,
): Promise<Observation> {
  const rendered = answers.map((answer) => renderAnswer(answer, texts));
  upstream.prepare((head) => scriptFor(head, rendered));
  const reply = await converse(proxy, sendingOf(request, texts));
  await setTimeout(SETTLING);
  return { reply, reached: upstream.reached };
}

function outcomeOf({ reply, reached }: Observation): string {
  const [answer] = reply.answers;
  const told = answer?.whole === true ? String(answer.status) : `no whole answer (${reply.ending})`;
  return reached.length === 0 ? `${told} by the proxy` : told;
}

function sendingOf(request: Request, texts: Texts): Sending {
  const { linger, end } = request;
  if ('raw' in request) {
    const bytes = render(request.raw, texts);
    return { bytes, method: bytes.toString('latin1', 0, 8).split(' ')[0] ?? '', linger, end };
  }
  const { method, target, version, key, body, headers } = request;
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const fields: [string, string | readonly string[]][] = [];
  if (!given.has('host')) fields.push(['Host', '<host>']);
  if (key !== 'none') fields.push([KEY_HEADER, key === 'owner' ? '<key>' : '<other-key>']);
  const bytes = body === undefined ? Buffer.alloc(0) : render(body, texts);
  if (body !== undefined) {
    if (!given.has('content-type')) fields.push(['Content-Type', 'application/json']);
    if (!given.has('content-length') && !given.has('transfer-encoding'))
      fields.push(['Content-Length', String(bytes.length)]);
  }
  fields.push(...Object.entries(headers));
  const head = headOf(`${method} ${target} HTTP/${version}`, fields, texts);
  return { bytes: Buffer.concat([head, bytes]), method, linger, end };
}

/** An answer's bytes, made before it is asked for: some take long. */
interface RenderedAnswer {
  readonly when: string | undefined;
  readonly ending: Script['ending'];
  readonly head: Buffer;
  readonly body: Buffer;
}

function scriptFor(request: MessageHead, answers: readonly RenderedAnswer[]): Script {
  const lines = [request.startLine, ...request.fields.map(([name, value]) => `${name}: ${value}`)];
  const asked = lines.join('\n').toLowerCase();
  const answer = answers.find(({ when }) => when === undefined || asked.includes(when));
  if (answer === undefined) return { bytes: Buffer.alloc(0), ending: 'close' };
  const { head, body, ending } = answer;
  const isHead = request.startLine.startsWith('HEAD ') && head.length > 0;
  return { bytes: isHead ? head : Buffer.concat([head, body]), ending };
}

function renderAnswer(answer: ScriptedAnswer, texts: Texts): RenderedAnswer {
  const { when, raw, version, status, reason, type, headers, framing, ending } = answer;
  if (raw !== undefined) return { when, ending, head: Buffer.alloc(0), body: render(raw, texts) };
  const bodiless = status === 204 || status === 304;
  const content = bodiless ? Buffer.alloc(0) : render(answer.body, texts);
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()));
  const fields: [string, string | readonly string[]][] = [];
  if (type !== false && !bodiless && !given.has('content-type')) fields.push(['Content-Type', type]);
  if (framing === 'chunked') fields.push(['Transfer-Encoding', 'chunked']);
  else if (framing === 'length' && !bodiless && !given.has('content-length'))
    fields.push(['Content-Length', String(content.length)]);
  fields.push(...Object.entries(headers));
  if (ending !== 'keep' && !given.has('connection')) fields.push(['Connection', 'close']);
  const head = headOf(`HTTP/${version} ${status} ${reason}`, fields, texts);
  const body = framing === 'chunked' ? render([{ chunk: answer.body }, '0\r\n\r\n'], texts) : content;
  return { when, ending, head, body };
}

function headOf(
  startLine: string,
  fields: readonly (readonly [string, string | readonly string[]])[],
  texts: Texts,
): Buffer {
  const lines = fields.flatMap(([name, values]) => [values].flat().map((value) => `${name}: ${value}\r\n`));
  return Buffer.from(fill(`${startLine}\r\n${lines.join('')}\r\n`, texts));
}
