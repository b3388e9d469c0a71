import { type Refusal, refuse, refuseAsUpstream } from '../refusals.ts';
import { type ContentCoding, contentCoding } from './content-decoder.ts';
import { isUtf8Json } from './media-type.ts';
import type { UpstreamHeaders } from './response-headers.ts';
import type { RewritePlan } from './rewrite-plan.ts';

export interface RewriteVerdict {
  /** `pass`: an error's body, which the route lets through. */
  readonly kind: 'filter' | 'pass';
  readonly coding: ContentCoding | 'identity';
}

/** What becomes of an upstream's answer, told from its head alone. */
export type Verdict =
  | RewriteVerdict
  | { readonly kind: 'empty' }
  /** The reason is for the log; undefined where there is nothing wrong with the upstream. */
  | { readonly kind: 'refuse'; readonly refusal: Refusal; readonly reason?: string };

/** The one answer for an object that is hidden and one that does not exist. */
export function notFound(): Refusal {
  return refuse('not_found', 'There is no such thing here.');
}

/** The upstream's answer cannot be filtered. The reason is for the log: it would tell callers of the backend. */
export function unfilterable(): Refusal {
  return refuse('response_unfilterable', 'The upstream’s answer cannot be filtered.');
}

export function policyFailed(): Refusal {
  return refuse('policy_failed', 'The policy could not decide.');
}

/** Nothing has been written yet: the same request, sent again, is decided by the rights of then. */
export function rightsChanged(): Refusal {
  return refuse(
    'store_stale',
    'Who may see what has changed while the answer was made. Send the request again.',
    {
      'Retry-After': '1',
    },
  );
}

/** Before HTTP/1.1 a body could end by the connection's end: a cut one would look whole. */
export function versionUnsupported(): Refusal {
  return refuse('version_unsupported', 'An answer as long as this one is sent to HTTP/1.1 clients only.');
}

/**
 * Judges the head of an upstream's final answer on a filtered route.
 * @param isRead the request changes nothing (a safe method: RFC 9110, section 9.2.1)
 */
export function judge(
  status: number,
  headers: UpstreamHeaders,
  { single, response }: RewritePlan,
  isRead: boolean,
): Verdict {
  if (single && tellsOfTheObject(status, isRead)) return { kind: 'refuse', refusal: notFound() };
  if (!single && (status === 204 || status === 404)) return { kind: 'empty' };
  const coding = contentCoding(headers['content-encoding']);
  if (status === 200) {
    if (coding === undefined) return refuseAnswer('its content coding is unknown');
    if (!isUtf8Json(headers['content-type'])) return refuseAnswer('its media type is not JSON in UTF-8');
    return { kind: 'filter', coding };
  }
  if (status < 400 || status > 599) return refuseAnswer(`its status is ${status}`);
  if (response.errors === 'pass' && coding !== undefined) return { kind: 'pass', coding };
  return { kind: 'refuse', refusal: refuseAsUpstream(status, retryAfter(headers)) };
}

/**
 * An error that speaks of the object (gone, locked, in conflict …) would tell that it exists, where a hidden one and
 * an absent one must look alike. What is said of the caller (401, 429) is said of any object. A write's errors speak
 * of what was sent.
 */
function tellsOfTheObject(status: number, isRead: boolean): boolean {
  if (status === 403 || status === 404 || status === 410) return true;
  return isRead && status >= 400 && status < 500 && status !== 401 && status !== 429;
}

function refuseAnswer(reason: string): Verdict {
  return { kind: 'refuse', refusal: unfilterable(), reason };
}

function retryAfter(headers: UpstreamHeaders): Readonly<Record<string, string>> {
  const value = headers['retry-after'];
  return typeof value === 'string' ? { 'retry-after': value } : {};
}
