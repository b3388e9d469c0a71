import type { Identities } from '../grants/identities.ts';
import type { Identity } from '../model/identity.ts';
import { StoreError } from '../store/store.ts';
import { type Refusal, refuse } from './refusals.ts';
import type { AuthenticatedRequest, RoutedRequest } from './request.ts';
import { countHeader } from './route/framing.ts';

/** What authentication asks. */
export interface AuthenticationParts {
  readonly identities: Identities;
  /** Milliseconds since the last word from the store. */
  readonly silence: () => number;
  /** Milliseconds of silence after which nobody is known well enough. */
  readonly maxStaleness: number;
  /** Name of the header that may hold the subscription key. */
  readonly keyHeader: string;
}

/** Finds out who calls. A key for another API product is refused like one that nobody has. */
export async function authenticate(
  request: RoutedRequest,
  { identities, silence, maxStaleness, keyHeader }: AuthenticationParts,
): Promise<AuthenticatedRequest | Refusal> {
  const key = presentedKey(request, keyHeader.toLowerCase());
  if (typeof key === 'object') return key;
  if (key === undefined) {
    return unauthorized('key_missing', `Send your subscription key in the header ${keyHeader}.`, keyHeader);
  }
  if (silence() > maxStaleness) return stale();
  const identity = await identify(key, identities);
  if (identity === 'unknowable') return stale();
  if (identity?.subscription.apiProduct !== request.route.apiProduct) {
    const detail = 'The subscription key is unknown, or is for another API product.';
    return unauthorized('key_invalid', detail, keyHeader);
  }
  return { ...request, identity, isCurrent: () => identities.isCurrent(identity) };
}

/** The one key that the request carries: in its header, in its query, or the same in both. */
function presentedKey({ incoming, queryKey }: RoutedRequest, header: string): string | Refusal | undefined {
  const lines = countHeader(incoming, header);
  if (lines > 1) return refuse('key_ambiguous', 'There is more than one header with a subscription key.');
  const headerKey = incoming.headers[header]?.toString();
  if (headerKey !== undefined && queryKey !== undefined && headerKey !== queryKey) {
    return refuse('key_ambiguous', 'The subscription keys in the header and in the query differ.');
  }
  return (headerKey ?? queryKey) || undefined;
}

/** Undefined: nobody's key. */
async function identify(key: string, identities: Identities): Promise<Identity | 'unknowable' | undefined> {
  try {
    return await identities.identify(key);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'unreachable') return 'unknowable';
    throw error;
  }
}

function unauthorized(code: 'key_missing' | 'key_invalid', detail: string, keyHeader: string): Refusal {
  // RFC 9110, section 11.6.1 asks for a challenge; no registered scheme is a key in a header of its own.
  return refuse(code, detail, { 'WWW-Authenticate': `SubscriptionKey realm="api", header="${keyHeader}"` });
}

function stale(): Refusal {
  return refuse('store_stale', 'Who may see what cannot be looked up just now.', { 'Retry-After': '5' });
}
