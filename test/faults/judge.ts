import type { Transcript } from './client.ts';
import type { Expected, Scenario } from './scenario.ts';

export interface Judgement {
  /** For the count: `right answer`, `502 response_unfilterable`, `reset in the answer`. */
  readonly outcome: string;
  /** What is wrong with it; undefined: nothing. */
  readonly wrong: string | undefined;
}

interface ReadAnswer {
  readonly status: number;
  readonly head: string;
  /** The body, out of its chunks. */
  readonly body: string;
  /** Whether a client would take it for whole. */
  readonly complete: boolean;
}

/** What became of a request, held against what may. */
export function judge({ expected }: Scenario, transcript: Transcript): Judgement {
  const { bytes, ending } = transcript;
  if (ending === 'never') return { outcome: 'no end', wrong: 'it never ended' };
  const answer = readAnswer(transcript);
  if (answer?.complete !== true) return judgeCut(expected, answer, ending);
  if (expected.filtered && /HIDDEN|66000/.test(answer.head))
    return { outcome: 'leak', wrong: 'a header leaks' };
  if (/application\/problem\+json/.test(answer.head)) return judgeRefusal(expected, answer);
  const { whole } = expected;
  if (whole === undefined)
    return { outcome: 'false completion', wrong: 'a whole answer though none is right' };
  if (answer.status === whole.status && answer.body === whole.body)
    return { outcome: whole.body.length > 2 ? 'right answer' : 'right answer, empty', wrong: undefined };
  return {
    outcome: 'wrong answer',
    wrong: `a whole answer that differs: ${difference(answer.body, whole.body ?? '')} in ${bytes.slice(0, 15)}`,
  };
}

/** @param answer undefined: not even its head came whole */
function judgeCut(
  { surely, beginnings }: Expected,
  answer: ReadAnswer | undefined,
  ending: string,
): Judgement {
  const body = answer?.body ?? '';
  const outcome = answer === undefined ? 'reset before its head was through' : 'reset in the answer';
  if (ending !== 'reset')
    return { outcome: 'cut without a reset', wrong: 'cut, and closed as if all were well' };
  if (surely) return { outcome, wrong: 'reset although nothing was wrong' };
  if (beginnings.length === 0) return { outcome, wrong: 'reset where a refusal was possible' };
  if (beginnings.some((beginning) => beginning.startsWith(body))) return { outcome, wrong: undefined };
  return { outcome, wrong: `what came is no beginning: ${difference(body, beginnings[0] ?? '')}` };
}

function judgeRefusal({ whole, codes }: Expected, { status, body }: ReadAnswer): Judgement {
  const code = /"code":"(\w+)"/.exec(body)?.[1] ?? '';
  const outcome = `${status} ${code}`;
  if (body.includes('HIDDEN')) return { outcome: 'leak', wrong: `a refusal with ${code} leaks` };
  const isAnswer = whole?.body === undefined && whole?.status === status && code === 'not_found';
  return { outcome, wrong: isAnswer || codes.includes(code) ? undefined : `refused with ${code}` };
}

/** Where two texts part, and how. */
function difference(came: string, right: string): string {
  let at = 0;
  while (at < came.length && came[at] === right[at]) at += 1;
  const around = (text: string): string => JSON.stringify(text.slice(Math.max(0, at - 20), at + 40));
  return `${came.length} bytes for ${right.length}, at ${at} ${around(came)} for ${around(right)}`;
}

/** @returns undefined if not even the head is whole */
function readAnswer({ bytes, ending }: Transcript): ReadAnswer | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = bytes.slice(0, end);
  const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
  const rest = bytes.slice(end + 4);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  if (/^transfer-encoding: *chunked/im.test(head)) return { status, head, ...readChunks(rest) };
  if (length !== undefined) return { status, head, body: rest, complete: rest.length === Number(length) };
  return { status, head, body: rest, complete: ending === 'closed' };
}

function readChunks(bytes: string): { body: string; complete: boolean } {
  const chunks: string[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd === -1) return { body: chunks.join(''), complete: false };
    const size = Number.parseInt(bytes.slice(at, lineEnd), 16);
    const from = lineEnd + 2;
    if (size === 0) return { body: chunks.join(''), complete: bytes.slice(from) === '\r\n' };
    chunks.push(bytes.slice(from, from + size));
    at = from + size + 2;
  }
}
