import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Identity } from '../model/identity.ts';
import type { Route } from '../model/route.ts';
import type { Decision, ItemTally } from '../telemetry/decision.ts';
import type { Refusal } from './refusals.ts';

/** What the client waits for before it sends its body (RFC 9110, section 10.1.1). */
export type Expectation = 'none' | 'continue' | 'unknown';

/** One request and its answer, from the head's arrival to the end. Stages write down here what they found out. */
export class Exchange {
  readonly incoming: IncomingMessage;
  readonly response: ServerResponse;
  readonly expectation: Expectation;
  readonly decisionId = makeDecisionId();
  readonly #begin = performance.now();
  route: Route | undefined;
  identity: Identity | undefined;
  /** Why the policy said no, or could not say; or what was wrong with the upstream’s answer. */
  reason: string | undefined;
  /** Requests that were pipelined behind it while it waited for its answer. */
  followers = 0;
  /** A refusal is its answer. */
  refused = false;
  /** What the client was told by the parser's own exit while this request was still arriving. */
  cut: Refusal | undefined;

  constructor(incoming: IncomingMessage, response: ServerResponse, expectation: Expectation) {
    this.incoming = incoming;
    this.response = response;
    this.expectation = expectation;
  }

  /** Whether no answer has gone out whole. */
  get unanswered(): boolean {
    return !this.response.writableFinished;
  }

  /** @param status of the answer; undefined where none went out */
  describe(code: string, status: number | undefined, items?: ItemTally): Decision {
    return {
      decisionId: this.decisionId,
      code,
      status,
      reason: this.reason,
      route: this.route?.match,
      method: this.incoming.method,
      userId: this.identity?.userId,
      subscriptionId: this.identity?.subscription.id,
      items,
      durationMs: Math.round((performance.now() - this.#begin) * 1000) / 1000,
    };
  }
}

/** Names one request in logs and refusals: random, so that nobody can tell from it how many others there are. */
export function makeDecisionId(): string {
  return randomUUID();
}
