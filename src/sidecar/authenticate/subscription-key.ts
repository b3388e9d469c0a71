import { type Refused, refusedFor } from '../forward/outcome.ts';
import { refuse } from '../refusals.ts';
import type { RoutedRequest } from '../request.ts';
import { countHeader } from '../route/framing.ts';
import type { Credential } from './authenticate.ts';

/**
 * The one subscription key that the request carries: in its header, in its query, or the same in both.
 * @param keyHeader name of the header, as callers are told it
 */
export function presentedKey(
  { incoming, queryKey }: Pick<RoutedRequest, 'incoming' | 'queryKey'>,
  keyHeader: string,
): Credential | Refused {
  const header = keyHeader.toLowerCase();
  const lines = countHeader(incoming, header);
  if (lines > 1) return ambiguous('There is more than one header with a subscription key.');
  const headerKey = incoming.headers[header]?.toString();
  if (headerKey !== undefined && queryKey !== undefined && headerKey !== queryKey)
    return ambiguous('The subscription keys in the header and in the query differ.');
  const key = headerKey ?? queryKey;
  if (key === undefined || key === '')
    return unauthorized('key_missing', `Send your subscription key in the header ${keyHeader}.`, keyHeader);
  const detail = 'The subscription key is unknown, or is for another API product.';
  return {
    identify: (identities) => identities.identify(key),
    unknown: unauthorized('key_invalid', detail, keyHeader),
  };
}

function ambiguous(detail: string): Refused {
  return refusedFor(refuse('key_ambiguous', detail), undefined);
}

function unauthorized(code: 'key_missing' | 'key_invalid', detail: string, keyHeader: string): Refused {
  // RFC 9110, section 11.6.1 asks for a challenge; no registered scheme is a key in a header of its own.
  const challenge = `SubscriptionKey realm="api", header="${keyHeader}"`;
  return refusedFor(refuse(code, detail, { 'WWW-Authenticate': challenge }), undefined);
}
