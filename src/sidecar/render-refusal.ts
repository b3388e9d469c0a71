import { STATUS_CODES } from 'node:http';
import type { Config } from '../config/config.ts';
import { PROBLEM_JSON, renderProblem } from '../http/problem.ts';
import { REFUSALS, type Refusal } from './refusals.ts';

/** An answer's parts, as any server can send them. */
export interface RenderedRefusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/**
 * A refusal as its caller sees it: a problem document (RFC 9457) with `code` and `decisionId`, or what Azure API
 * Management answers, for clients that parse that.
 */
export function renderRefusal(
  refusal: Refusal,
  decisionId: string,
  style: Config['refusals'],
): RenderedRefusal {
  const { code, status, detail } = refusal;
  const { title } = REFUSALS[code];
  const text =
    style === 'problem'
      ? renderProblem({ status, title, detail, code, decisionId })
      : JSON.stringify({ statusCode: status, message: detail });
  const body = Buffer.from(text);
  const headers = {
    'Content-Type': style === 'problem' ? PROBLEM_JSON : 'application/json',
    'Content-Length': String(body.length),
    // An answer to one caller at one time: a cache must not give it to the next.
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...refusal.headers,
  };
  return { status, headers, body };
}

/** The same as the bytes of an HTTP/1.1 answer after which the connection closes. */
export function renderRawRefusal(refusal: Refusal, decisionId: string, style: Config['refusals']): Buffer {
  const { status, headers, body } = renderRefusal(refusal, decisionId, style);
  const lines = Object.entries({ Date: new Date().toUTCString(), Connection: 'close', ...headers });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([
    Buffer.from(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n`),
    body,
  ]);
}
