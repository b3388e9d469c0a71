import { errors } from 'undici';
import { type Refusal, refuse } from '../refusals.ts';
import { rightsChanged, unfilterable } from '../rewrite/verdict.ts';

/** The codes of undici's errors. */
const TIMEOUTS = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);
/** Our own mistakes: a header that may not be sent, a pool that has been closed. */
const OURS =
  /^(?:ERR_(?:ASSERTION|HTTP_|INVALID_|UNESCAPED_)|UND_ERR_(?:INVALID_ARG|DESTROYED|CLOSED|NOT_SUPPORTED)$)/;

/** Ends a request whose body was still going on when the rights of its sender changed. */
export class RightsChanged extends Error {
  readonly code = 'RIGHTS_CHANGED';
}

function codeOf(error: unknown): string | undefined {
  // Its own code is often missing.
  if (error instanceof errors.HTTPParserError) return 'HPE';
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** For the log: its code, since its message names addresses. */
export function describeFault(error: unknown): string {
  return `the upstream: ${codeOf(error) ?? 'unknown'}`;
}

/**
 * @param begun the upstream's answer had begun: what breaks then is the answer, not the way to it
 * @returns undefined for a fault of ours
 */
export function refusalOfFault(error: unknown, begun: boolean): Refusal | undefined {
  const code = codeOf(error);
  if (code === undefined || OURS.test(code)) return undefined;
  if (error instanceof RightsChanged) return rightsChanged();
  if (TIMEOUTS.has(code)) return upstreamTimeout();
  return begun || code === 'HPE' || code === 'UND_ERR_HEADERS_OVERFLOW'
    ? unfilterable()
    : upstreamUnreachable();
}

export function upstreamTimeout(): Refusal {
  return refuse('upstream_timeout', 'The upstream did not answer in time.');
}

function upstreamUnreachable(): Refusal {
  return refuse('upstream_unreachable', 'The upstream cannot be reached.');
}
