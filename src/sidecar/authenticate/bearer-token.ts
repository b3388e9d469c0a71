import { normalizeEmail } from '../../model/email.ts';
import type { TokenIssuer } from '../../model/route.ts';
import { type Refused, refusedFor } from '../forward/outcome.ts';
import { refuse } from '../refusals.ts';
import type { RoutedRequest } from '../request.ts';
import { countHeader } from '../route/framing.ts';
import type { Credential } from './authenticate.ts';
import type { TokenIssuers } from './token-issuers.ts';

/** RFC 6750, section 2.1; schemes are told in any case (RFC 9110, section 11.1). */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** What stands in the place of the subscription that no token tells of. */
const SUBSCRIPTION = 'bearer';

/**
 * The token that the request carries, verified: its issuer says that the caller is the user of an email address. A
 * subscription key beside it, which some gateways pass on, counts for nothing.
 */
export async function presentedToken(
  { incoming, route }: Pick<RoutedRequest, 'incoming' | 'route'>,
  issuer: TokenIssuer,
  issuers: TokenIssuers,
): Promise<Credential | Refused> {
  if (countHeader(incoming, 'authorization') > 1) {
    const detail = 'The request is not valid here. It must have one Authorization header.';
    return refusedFor(refuse('request_malformed', detail), undefined);
  }
  const written = incoming.headers.authorization ?? '';
  if (!/^bearer(?: |$)/i.test(written)) return missing();
  const token = BEARER.exec(written)?.[1];
  if (token === undefined) return invalid('The bearer token is not valid here.', 'it is no token');
  const verified = await issuers.verify(issuer, token);
  if ('fault' in verified) {
    if (verified.fault === 'unverifiable') return unverifiable(verified.reason);
    const detail =
      verified.fault === 'expired' ? 'The bearer token has expired.' : 'The bearer token is not valid here.';
    return invalid(detail, verified.reason);
  }
  const email = holderOf(verified.claims);
  if (email === undefined) return invalid('The bearer token names no user.', 'no verified email address');
  return {
    identify: (identities) =>
      identities.identifyHolder(email, { id: SUBSCRIPTION, apiProduct: route.apiProduct }),
    unknown: invalid('The bearer token names no user.', 'nobody has its email address and has confirmed it'),
  };
}

/** OpenID Connect Core, section 5.1. Some issuers write the claim as a text. */
function holderOf({ email, email_verified: verified = true }: Readonly<Record<string, unknown>>) {
  return typeof email === 'string' && (verified === true || verified === 'true')
    ? normalizeEmail(email)
    : undefined;
}

function missing(): Refused {
  const challenge = { 'WWW-Authenticate': 'Bearer realm="api"' };
  return refusedFor(
    refuse('token_missing', 'Send a bearer token in the header Authorization.', challenge),
    undefined,
  );
}

function invalid(detail: string, reason: string): Refused {
  // RFC 6750, section 3.
  const challenge = `Bearer realm="api", error="invalid_token", error_description="${detail}"`;
  return refusedFor(refuse('token_invalid', detail, { 'WWW-Authenticate': challenge }), reason);
}

function unverifiable(reason: string): Refused {
  const detail = 'The bearer token cannot be verified just now.';
  return refusedFor(refuse('issuer_unreachable', detail, { 'Retry-After': '5' }), reason);
}
