import { LIMITS } from '../limits.ts';
import { type Refusal, refuse } from '../refusals.ts';

/** A request target (RFC 9112, section 3.2.1) that can be read in one way only. */
export interface CanonicalTarget {
  /** Percent-decoded; none at all is `/`. */
  readonly segments: readonly string[];
  /** The segments' one spelling, percent-encoded. It is what goes upstream, never the caller's own. */
  readonly path: string;
  /** What stood after the first `?`, as it came. */
  readonly rawQuery: string;
}

/** Characters that need no encoding and mean themselves to everybody. Without `+`, which some read as a space. */
const PLAIN_SEGMENT = /^[A-Za-z0-9\-._~!$&'()*,=:@]+$/;
/** RFC 3986, section 3.3: pchar, less `;`, behind which some servers look for matrix parameters. */
const ENCODED_SEGMENT = /^(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-Fa-f]{2})+$/;
/** `%41`, `%2e`: what nobody has to encode is encoded only to look like something else. */
const ENCODED_UNRESERVED = /%(?:2[DE]|3[0-9]|4[1-9A-F]|5[0-9AF]|6[1-9A-F]|7[0-9AE])/i;
/** What a server behind us might take for a separator, for another encoding, or for nothing at all. */
const UNSAFE = /[\p{Cc}/\\;?#]|%[0-9A-Fa-f]{2}/u;
/** A dot segment, or an end that some file systems drop (`secret.`, `secret `). */
const LOOSE_ENDS = /^\s|[\s.]$/u;

/**
 * Reads the target of a request, or refuses it: `path_ambiguous` for every path that two programs could read
 * differently, `uri_too_long`. Nothing is repaired; only the choice of encoding characters that may stand plain
 * (`%40` or `@`) is the caller's, and comes out in one form.
 */
export function canonicalTarget(target: string): CanonicalTarget | Refusal {
  if (target.length > LIMITS.targetBytes) {
    return refuse('uri_too_long', `The request target may have ${LIMITS.targetBytes} bytes at most.`);
  }
  // `http://host/path`, `*` and CONNECT's `host:port` (RFC 9112, sections 3.2.2 to 3.2.4) name more than a path.
  if (!target.startsWith('/')) return ambiguous('It must begin with a slash.');
  if (target.includes('#')) return ambiguous('It must not hold a fragment.');
  const mark = target.indexOf('?');
  const rawPath = mark === -1 ? target : target.slice(0, mark);
  const rawQuery = mark === -1 ? '' : target.slice(mark + 1);
  if (rawPath === '/') return { segments: [], path: '/', rawQuery };

  const segments: string[] = [];
  let path = '';
  for (const raw of rawPath.slice(1).split('/')) {
    const segment = decodeSegment(raw);
    if (typeof segment !== 'string') return segment;
    segments.push(segment);
    path += `/${encodeSegment(segment)}`;
  }
  return { segments, path, rawQuery };
}

function ambiguous(sentence: string): Refusal {
  return refuse('path_ambiguous', `The path can be read in more than one way. ${sentence}`);
}

function decodeSegment(raw: string): string | Refusal {
  if (raw === '') return ambiguous('It must have no empty segment, nor a slash at its end.');
  if (PLAIN_SEGMENT.test(raw)) return raw.endsWith('.') ? looseEnds() : raw;
  if (!ENCODED_SEGMENT.test(raw)) return ambiguous('It holds a character that has no place there.');
  if (ENCODED_UNRESERVED.test(raw)) return ambiguous('It encodes a character that needs no encoding.');
  const decoded = decodeUtf8(raw);
  if (decoded === undefined) return ambiguous('It is not UTF-8 when decoded.');
  // Windows' "best fit" makes a slash of a fullwidth one; compatibility forms stand for all such foldings.
  for (const reading of new Set([decoded, decoded.normalize('NFKC')])) {
    if (UNSAFE.test(reading))
      return ambiguous('It encodes a character that separates or that encodes again.');
    if (LOOSE_ENDS.test(reading)) return looseEnds();
  }
  return decoded;
}

function looseEnds(): Refusal {
  return ambiguous('No segment may end with a dot, or begin or end with a space.');
}

function decodeUtf8(raw: string): string | undefined {
  try {
    return decodeURIComponent(raw);
  } catch {
    return undefined;
  }
}

/** Plain where RFC 3986 allows it, but `+`: the server that reads it as a space reads `%2B` as a plus. */
function encodeSegment(segment: string): string {
  if (PLAIN_SEGMENT.test(segment)) return segment;
  return encodeURIComponent(segment).replaceAll(/%(?:24|26|2C|3D|3A|40)/g, decodeURIComponent);
}
