import type { Roles } from '../grants/roles.ts';
import type { Decisions } from '../policy/decisions.ts';
import { type AuthenticationParts, authenticate } from './authenticate/authenticate.ts';
import { authorize } from './authorize.ts';
import { type ConclusionParts, conclude, type Outcome } from './conclude.ts';
import { answerPreflight, type CorsRoute, corsHeaders } from './cors.ts';
import type { Exchange } from './exchange.ts';
import type { Forwarder } from './forward/forwarder.ts';
import type { ForwardOutcome } from './forward/outcome.ts';
import type { InFlight } from './in-flight.ts';
import { isRefusal, type Refusal, refuse } from './refusals.ts';
import type { RouteTable } from './route/match.ts';
import { findRoute, readRequest } from './route/route.ts';

export interface PipelineParts extends ConclusionParts {
  readonly routes: RouteTable;
  readonly authentication: AuthenticationParts;
  /** Name of the query parameter that may hold the subscription key. */
  readonly keyParameter: string;
  readonly roles: Roles;
  readonly decisions: Decisions;
  readonly forwarder: Forwarder;
  readonly inFlight: InFlight;
}

/** Takes a request from its head to the end of its answer. Never rejects. */
export async function serve(exchange: Exchange, parts: PipelineParts): Promise<void> {
  try {
    await end(exchange, await decide(exchange, parts), parts);
  } catch (error) {
    parts.log.error({ decisionId: exchange.decisionId, err: error }, 'a request failed');
    const refusal = refuse('internal_error', 'The sidecar failed. The fault has been logged.');
    await end(exchange, refused(refusal), parts);
  } finally {
    parts.inFlight.leave(exchange);
  }
}

/** A refused request needs its place no more: the rest of its body, which is thrown away, may take its time. */
function end(exchange: Exchange, outcome: Outcome, parts: PipelineParts): Promise<void> {
  if (outcome.kind === 'refused') parts.inFlight.release(exchange);
  return conclude(exchange, outcome, parts);
}

/** The way of a request: each stage passes it on or says no. */
async function decide(exchange: Exchange, parts: PipelineParts): Promise<Outcome> {
  const { incoming, response, decisionId } = exchange;
  const early = parts.inFlight.enter(exchange) ?? checkExpectation(exchange);
  const found = findRoute(parts.routes, incoming);
  if (isRefusal(found)) return refused(early ?? found);
  exchange.route = found.route;
  if ('isPreflight' in found)
    return early === undefined ? preflighted(found.route, exchange, parts) : refused(early);
  response.setHeaders(new Map(Object.entries(corsHeaders(found.route, incoming))));
  if (early !== undefined) return refused(early);
  const routed = readRequest(found, incoming, decisionId, parts.keyParameter);
  if (isRefusal(routed)) return refused(routed);

  const authenticated = await authenticate(routed, parts.authentication);
  if ('kind' in authenticated) return authenticated;
  exchange.identity = authenticated.identity;
  const busy = parts.inFlight.admit(exchange, authenticated.identity.userId);
  if (busy !== undefined) return refused(busy);

  const verdict = authorize(authenticated, parts.roles, parts.decisions, Date.now());
  if ('refusal' in verdict) {
    exchange.reason = verdict.reason;
    return refused(verdict.refusal);
  }

  if (exchange.expectation === 'continue') response.writeContinue();
  return parts.forwarder.forward(verdict, response);
}

function checkExpectation({ expectation }: Exchange): Refusal | undefined {
  if (expectation !== 'unknown') return undefined;
  return refuse('expectation_failed', 'The only expectation that can be met is 100-continue.');
}

function preflighted(route: CorsRoute, { incoming }: Exchange, { authentication }: PipelineParts): Outcome {
  const credential = route.bearer === undefined ? authentication.keyHeader.toLowerCase() : 'authorization';
  const answer = answerPreflight(route, incoming, credential);
  return isRefusal(answer) ? refused(answer) : { kind: 'preflight', answer };
}

function refused(refusal: Refusal): ForwardOutcome {
  return { kind: 'refused', refusal };
}
