import type { Identities } from '../../grants/identities.ts';
import type { Identity } from '../../model/identity.ts';
import { StoreError } from '../../store/store.ts';
import { type Refused, refusedFor } from '../forward/outcome.ts';
import { type Refusal, refuse } from '../refusals.ts';
import type { AuthenticatedRequest, RoutedRequest } from '../request.ts';
import { presentedToken } from './bearer-token.ts';
import { presentedKey } from './subscription-key.ts';
import type { TokenIssuers } from './token-issuers.ts';

/** What authentication asks. */
export interface AuthenticationParts {
  readonly identities: Identities;
  readonly tokenIssuers: TokenIssuers;
  /** Milliseconds since the last word from the store. */
  readonly silence: () => number;
  /** Milliseconds of silence after which nobody is known well enough. */
  readonly maxStaleness: number;
  /** Name of the header that may hold the subscription key. */
  readonly keyHeader: string;
}

/** What a request says of who sent it, well formed and, as far as it can be without the store, found true. */
export interface Credential {
  /** Looks up who it stands for. */
  identify(identities: Identities): Promise<Identity | undefined>;
  /** The answer if it stands for nobody, or not for a subscriber of the route's API product. */
  readonly unknown: Refused;
}

/**
 * Finds out who calls: by a subscription key or, where the route says so, by a token. A key for another API product
 * is refused like one that nobody has.
 */
export async function authenticate(
  request: RoutedRequest,
  parts: AuthenticationParts,
): Promise<AuthenticatedRequest | Refused> {
  const { identities, tokenIssuers, silence, maxStaleness, keyHeader } = parts;
  const credential =
    request.route.bearer === undefined
      ? presentedKey(request, keyHeader)
      : await presentedToken(request, request.route.bearer, tokenIssuers);
  if ('kind' in credential) return credential;
  if (silence() > maxStaleness) return refusedFor(stale(), undefined);
  const identity = await identify(credential, identities);
  if (identity === 'unknowable') return refusedFor(stale(), undefined);
  if (identity?.subscription.apiProduct !== request.route.apiProduct) return credential.unknown;
  // Without word from the store a change could not have reached us: what is under way is no better known than what
  // is yet to begin.
  const isCurrent = (): boolean => silence() <= maxStaleness && identities.isCurrent(identity);
  return { ...request, identity, isCurrent };
}

async function identify(
  credential: Credential,
  identities: Identities,
): Promise<Identity | 'unknowable' | undefined> {
  try {
    return await credential.identify(identities);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'unreachable') return 'unknowable';
    throw error;
  }
}

function stale(): Refusal {
  return refuse('store_stale', 'Who may see what cannot be looked up just now.', { 'Retry-After': '5' });
}
