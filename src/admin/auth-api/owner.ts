import type { IncomingMessage } from 'node:http';
import type { Identities } from '../../grants/identities.ts';
import * as records from '../../grants/records.ts';
import { IDENTITY_HEADER } from '../../model/identity-token.ts';
import type { Store } from '../../store/store.ts';
import type { Authentication } from '../api.ts';
import { type AdminProblem, problem } from '../problems.ts';
import type { ReadIdentityToken } from './identity-token.ts';

/** A wholesaler's primary email, calling. */
export interface Owner {
  readonly userId: string;
  readonly wholesalerId: string;
}

/** The API product whose subscriptions open the /auth API. */
const API_PRODUCT = 'auth';

export interface OwnerParts {
  readonly store: Store;
  readonly identities: Identities;
  /** Whether there has been no word from the store for too long to know whose a key is. */
  readonly isStale: () => boolean;
  readonly readIdentityToken: ReadIdentityToken;
  readonly subscriptionKey: { readonly header: string; readonly query: string };
}

/** Lets in the primary emails of wholesalers: by a subscription key, or as the sidecar says who asks. */
export function ownerAuthentication(parts: OwnerParts): Authentication<Owner> {
  const { header, query } = parts.subscriptionKey;
  return {
    schemes: {
      subscriptionKeyHeader: { type: 'apiKey', in: 'header', name: header },
      subscriptionKeyQuery: { type: 'apiKey', in: 'query', name: query },
    },
    queryParameters: [query.toLowerCase()],
    problems: ['key_missing', 'key_invalid', 'not_primary'],
    identify: async (request) => {
      const userId = await userOf(request, parts);
      return typeof userId === 'string' ? ownerOf(userId, parts.store) : userId;
    },
  };
}

async function userOf(request: IncomingMessage, parts: OwnerParts): Promise<string | AdminProblem> {
  const { header } = parts.subscriptionKey;
  const token = request.headersDistinct[IDENTITY_HEADER];
  if (token !== undefined) {
    const userId = token.length === 1 ? await parts.readIdentityToken(token[0] ?? '') : undefined;
    return userId ?? unauthorized('key_invalid', 'The identity token is not good here.', header);
  }
  const key = presentedKey(request, parts.subscriptionKey);
  if (typeof key !== 'string') return key;
  if (parts.isStale()) return problem('store_unreachable', 'Whose a key is cannot be looked up just now.');
  const identity = await parts.identities.identify(key);
  if (identity?.subscription.apiProduct === API_PRODUCT) return identity.userId;
  const detail = `The subscription key is unknown, or is not for the API product ${API_PRODUCT}.`;
  return unauthorized('key_invalid', detail, header);
}

/** The one key that the request carries: in its header, in its query, or the same in both. */
function presentedKey(
  { headersDistinct, url = '' }: IncomingMessage,
  { header, query }: OwnerParts['subscriptionKey'],
): string | AdminProblem {
  const parameters = new URLSearchParams(url.split('?').slice(1).join('?')).getAll(query);
  const keys = new Set([...(headersDistinct[header.toLowerCase()] ?? []), ...parameters]);
  const [key = '', ...others] = keys;
  if (others.length > 0) {
    return unauthorized('key_invalid', 'There is more than one subscription key.', header);
  }
  return key === ''
    ? unauthorized('key_missing', `Send your subscription key in the header ${header}.`, header)
    : key;
}

async function ownerOf(userId: string, store: Store): Promise<Owner | AdminProblem> {
  const [record] = (await store.read([records.users.key(userId)])).records;
  const wholesalerId = record && records.users.decode(record).owns;
  return wholesalerId === undefined
    ? problem('not_primary', 'Only the primary email of a wholesaler may use this API.')
    : { userId, wholesalerId };
}

function unauthorized(code: 'key_missing' | 'key_invalid', detail: string, header: string): AdminProblem {
  // RFC 9110, section 11.6.1 asks for a challenge; no registered scheme is a key in a header of its own.
  const headers = { 'WWW-Authenticate': `SubscriptionKey realm="api", header="${header}"` };
  return problem(code, detail, { headers });
}
