import { connect } from 'node:net';
import { type Field, framingOf, readBody, readHead } from './http-message.ts';

/** Milliseconds within which every exchange must have an end. */
const BOUND = 2000;
/** Bytes after which a client stops to listen. */
const ENOUGH = 8 * 1024 * 1024;

export interface Answer {
  readonly status: number;
  readonly startLine: string;
  readonly fields: readonly Field[];
  readonly trailers: readonly Field[];
  /** As it came, still in its content coding. */
  readonly body: Buffer;
  /** A client would take it for a whole answer. */
  readonly whole: boolean;
  /** What is wrong with it as a message. */
  readonly faults: readonly string[];
}

/** What came back over one connection. */
export interface Reply {
  readonly bytes: Buffer;
  readonly answers: readonly Answer[];
  readonly ending: 'open' | 'closed' | 'reset' | 'late' | 'unconnected';
}

export interface Sending {
  readonly bytes: Buffer;
  /** Of the first request: HEAD's answer has no body. */
  readonly method: string;
  readonly linger: number;
  readonly end: boolean;
}

/**
 * Sends bytes over a connection of its own and listens: until there is an answer (and `linger` ms more), until
 * the connection ends, or until the bound is over.
 */
export async function converse(
  proxy: { readonly host: string; readonly port: number },
  { bytes, method, linger, end }: Sending,
): Promise<Reply> {
  const socket = connect(proxy.port, proxy.host);
  const chunks: Buffer[] = [];
  let received = 0;
  const ending = await new Promise<Reply['ending']>((resolve) => {
    const bound = setTimeout(() => resolve('late'), BOUND);
    let lingering: NodeJS.Timeout | undefined;
    let connected = false;
    socket.once('connect', () => {
      connected = true;
      socket.write(bytes);
      if (end) socket.end();
    });
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      received += chunk.length;
      if (received > ENOUGH) resolve('open');
      if (lingering === undefined && readAnswers(Buffer.concat(chunks), method, 'open')[0]?.whole === true)
        lingering = setTimeout(() => resolve('open'), linger);
    });
    socket.once('end', () => resolve('closed'));
    socket.once('error', () => resolve(connected ? 'reset' : 'unconnected'));
    socket.once('close', () => {
      clearTimeout(bound);
      clearTimeout(lingering);
      resolve('closed');
    });
  }).finally(() => socket.destroy());
  const all = Buffer.concat(chunks);
  return { bytes: all, answers: readAnswers(all, method, ending), ending };
}

/** The final answers among what came; the interim ones (1xx) before each are no answers. */
function readAnswers(bytes: Buffer, method: string, ending: Reply['ending']): readonly Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const head = readHead(bytes, at);
    if (head === undefined) return [...answers, unreadable(bytes.subarray(at))];
    const [, digits] = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(head.startLine) ?? [];
    if (digits === undefined) return [...answers, unreadable(bytes.subarray(at))];
    const status = Number(digits);
    at = head.end;
    if (status < 200 && status !== 101) continue;
    const bodiless = status === 204 || status === 304 || (method === 'HEAD' && answers.length === 0);
    const framing = bodiless ? ({ kind: 'none' } as const) : framingOf(head.fields, 'close');
    const faults = [...head.faults, ...(typeof framing === 'string' ? [framing] : [])];
    const readable = typeof framing === 'string' ? ({ kind: 'close' } as const) : framing;
    const body = readBody(bytes, at, readable, ending === 'closed');
    if (body.fault !== undefined) faults.push(body.fault);
    const { startLine, fields } = head;
    const { content, trailers, whole } = body;
    answers.push({ status, startLine, fields, trailers, body: content, whole, faults });
    at = body.end;
    if (!whole) break;
  }
  return answers;
}

function unreadable(bytes: Buffer): Answer {
  const faults = ['what came is no answer'];
  return { status: 0, startLine: '', fields: [], trailers: [], body: bytes, whole: false, faults };
}
