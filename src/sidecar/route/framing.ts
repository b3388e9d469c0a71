import type { IncomingMessage } from 'node:http';
import { type Refusal, refuse } from '../refusals.ts';

/** RFC 9110, section 7.2: a registered name or an address, and a port. */
const HOST = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;

/**
 * Refuses (`request_malformed`) what Node's parser lets pass although two programs could disagree on where the
 * message ends or whom it is for. What it does not let pass ends in `clientError`.
 */
export function checkFraming(incoming: IncomingMessage): Refusal | undefined {
  const { httpVersion, headers } = incoming;
  // HTTP/0.9 has no status line to refuse with, and no headers to hold a key.
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    return malformed('Its version must be HTTP/1.1 or 1.0.');
  // Both RFC 9112, section 3.2. Node keeps the first of two.
  const hosts = countHeader(incoming, 'host');
  if (hosts > 1 || (hosts === 0 && httpVersion === '1.1')) return malformed('It must have one Host header.');
  if (hosts === 1 && !HOST.test(headers.host ?? ''))
    return malformed('Its Host header must be a host and a port.');
  const coding = headers['transfer-encoding'];
  // RFC 9112, section 6.1: a coding in HTTP/1.0 means that somebody on the way did not understand it.
  if (coding !== undefined && (httpVersion === '1.0' || coding.toLowerCase() !== 'chunked')) {
    return malformed('Its body must be sent plain, or chunked in HTTP/1.1.');
  }
  return undefined;
}

/** Whether a body follows the head (RFC 9112, section 6.3). */
export function hasBody({ headers }: IncomingMessage): boolean {
  const length = headers['content-length'];
  return headers['transfer-encoding'] !== undefined || (length !== undefined && Number(length) !== 0);
}

/** How many lines of a header there were: Node joins or drops the later ones. */
export function countHeader({ rawHeaders }: IncomingMessage, lowerCasedName: string): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === lowerCasedName.length && name.toLowerCase() === lowerCasedName) count += 1;
  }
  return count;
}

function malformed(sentence: string): Refusal {
  return refuse('request_malformed', `The request is not valid here. ${sentence}`, { Connection: 'close' });
}
