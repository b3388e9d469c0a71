import type { Roles } from '../grants/roles.ts';
import { heldRoles } from '../grants/standing.ts';
import type { Decisions } from '../policy/decisions.ts';
import type { PolicyContext, PolicyFault } from '../policy/engine.ts';
import { type Refusal, refuse } from './refusals.ts';
import type { AuthenticatedRequest } from './request.ts';

/** What the policy allowed, with all that the decision was made from. Only `authorize` makes one. */
class Allowed {
  readonly request: AuthenticatedRequest;
  readonly context: PolicyContext;
  /** Of the policy that allowed it: its items are decided by the same one. */
  readonly decisions: Decisions;
  /** The roles that count on this route. */
  readonly roleIds: readonly string[];
  /** Ms since the epoch at which it was decided. */
  readonly now: number;
  /** A protected member: an object literal of the same shape is not assignable. */
  protected readonly madeHere = true;

  constructor(request: AuthenticatedRequest, context: PolicyContext, decisions: Decisions, now: number) {
    this.request = request;
    this.context = context;
    this.decisions = decisions;
    this.roleIds = context.request.roleIds;
    this.now = now;
  }
}

/** A request that may go upstream. */
export type AllowedRequest = Allowed;

/** A no, and why, for the log. */
export interface Denial {
  readonly refusal: Refusal;
  readonly reason: string;
}

/**
 * Asks the policy's entrypoint `fullmakt/request`.
 * @param now ms since the epoch
 */
export function authorize(
  request: AuthenticatedRequest,
  roles: Roles,
  decisions: Decisions,
  now: number,
): AllowedRequest | Denial {
  const context = describe(request, roles, now);
  const decision = decisions.request(context, request.identity);
  if (isFault(decision)) {
    return { refusal: refuse('policy_failed', 'The policy could not decide.'), reason: decision.fault };
  }
  if (!decision.allow) {
    const detail = decision.publicReason ?? 'You may not make this request.';
    return { refusal: refuse('denied', detail), reason: decision.reason };
  }
  return new Allowed(request, context, decisions, now);
}

function isFault(answer: object): answer is PolicyFault {
  return 'fault' in answer;
}

function describe(request: AuthenticatedRequest, roles: Roles, now: number): PolicyContext {
  const { route, method, path, parameters, identity } = request;
  const { userId, email, subscription, owns } = identity;
  const roleIds = roles.rolesFor(route.api, method);
  return {
    request: {
      method,
      path,
      api: route.api,
      apiProduct: route.apiProduct,
      parameters,
      query: queryByName(request.query),
      roleIds,
    },
    identity: { userId, email, subscription, owns, roleIds: heldRoles(identity, roleIds, now) },
    now: `${new Date(now).toISOString().slice(0, 19)}Z`,
  };
}

function queryByName(query: AuthenticatedRequest['query']): Record<string, string | readonly string[]> {
  const byName = new Map<string, string | readonly string[]>();
  for (const [name, value] of query) {
    const known = byName.get(name);
    byName.set(name, known === undefined ? value : [known, value].flat());
  }
  return Object.fromEntries(byName);
}
