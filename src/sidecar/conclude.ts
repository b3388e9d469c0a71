import type { Config } from '../config/config.ts';
import type { Decision } from '../telemetry/decision.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Preflight } from './cors.ts';
import type { Exchange } from './exchange.ts';
import type { ForwardOutcome } from './forward/outcome.ts';
import { resetConnection } from './reset-connection.ts';
import { sendRefusal } from './send-refusal.ts';

export interface ConclusionParts {
  readonly refusals: Config['refusals'];
  readonly log: Logger;
  /** Is told how each request ended, once. */
  readonly report: (decision: Decision) => void;
}

/** How a request came out. */
export type Outcome = ForwardOutcome | { readonly kind: 'preflight'; readonly answer: Preflight };

/** Sends the refusal or what a preflight is answered, if that is how a request ended, and reports the end. */
export async function conclude(
  exchange: Exchange,
  outcome: Outcome,
  { refusals, report }: ConclusionParts,
): Promise<void> {
  const { response, cut } = exchange;
  if ('reason' in outcome) exchange.reason ??= outcome.reason;
  if (cut !== undefined) {
    report(exchange.describe(cut.code, cut.status));
  } else if (outcome.kind === 'preflight') {
    const { status, headers } = outcome.answer;
    response.writeHead(status, headers).end();
    report(exchange.describe('preflight', status));
  } else if (outcome.kind === 'sent') {
    report(exchange.describe('forwarded', outcome.status, outcome.counts));
  } else if (outcome.kind === 'reset') {
    report(exchange.describe(outcome.code, undefined));
  } else if (response.destroyed) {
    report(exchange.describe('client_aborted', undefined));
  } else if (response.headersSent) {
    // A fault came when it was too late to say so: the answer must not look whole.
    resetConnection(response);
    report(exchange.describe(outcome.refusal.code, undefined));
  } else {
    exchange.refused = true;
    const over = sendRefusal(exchange, outcome.refusal, refusals);
    report(exchange.describe(outcome.refusal.code, outcome.refusal.status));
    await over;
  }
}
