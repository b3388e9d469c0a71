import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AllowedRequest } from '../authorize.ts';
import { resetConnection } from '../reset-connection.ts';

import { type ForwardOutcome, type Refused, type Reset, refusedFor, resetInsteadOf } from './outcome.ts';
import { describeFault, refusalOfFault, upstreamTimeout } from './upstream-fault.ts';

/** Of one connection only (RFC 9110, section 7.6.1); with Proxy-Connection, which was never standard. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export interface UnfilteredParts {
  readonly allowed: AllowedRequest;
  readonly response: ServerResponse;
  /** The request's body where it has been read already. */
  readonly body: Buffer | undefined;
}

/** One request whose answer passes as it is: what http-proxy-middleware leaves to us. */
export class UnfilteredExchange {
  readonly #parts: UnfilteredParts;
  readonly #settlement: PromiseWithResolvers<ForwardOutcome>;
  /** Runs while the upstream has something to do: connect, take the body, answer, go on with the answer. */
  readonly #timer: NodeJS.Timeout;
  #upstreamRequest: ClientRequest | undefined;
  #begun = false;
  #settled = false;

  constructor(parts: UnfilteredParts, settlement: PromiseWithResolvers<ForwardOutcome>) {
    this.#parts = parts;
    this.#settlement = settlement;
    this.#timer = setTimeout(() => this.#onTimeout(), parts.allowed.request.route.upstream.timeout);
    parts.response.once('close', () => this.#settle({ kind: 'reset', code: 'client_aborted' }));
    parts.response.once('finish', () => this.#settle({ kind: 'sent', status: parts.response.statusCode }));
  }

  /** The connection to the upstream is there, and nothing has been written to it yet. */
  onRequest(upstreamRequest: ClientRequest): void {
    this.#upstreamRequest = upstreamRequest;
    if (this.#settled) upstreamRequest.destroy();
    // The request's own stream has ended: what is piped after this is its end.
    else if (this.#parts.body !== undefined) upstreamRequest.write(this.#parts.body);
    // The upstream's time begins when it has the whole request.
    for (const event of ['drain', 'finish']) upstreamRequest.on(event, () => this.#timer.refresh());
    // Before what is piped: a body must not be made whole by what came after its sender's rights had changed.
    this.#parts.allowed.request.incoming.prependListener('data', () => this.#goOn());
    upstreamRequest.once('upgrade', (_, socket: Duplex) => {
      socket.destroy();
      this.fail(new UpstreamFault('the upstream changed protocols'));
    });
  }

  /** Nothing of the answer has been written yet; when this returns, http-proxy-middleware begins to. */
  onResponse(upstreamResponse: IncomingMessage): void {
    this.#begun = true;
    // What Node's parser takes and its writer throws on, in an event of its own, would end the process: the reason
    // phrase says nothing (RFC 9112, section 4), a status beyond RFC 9110, section 15, is no answer.
    upstreamResponse.statusMessage = '';
    const status = upstreamResponse.statusCode ?? 0;
    if (status < 200 || status > 599) {
      upstreamResponse.statusCode = 502;
      this.fail(new UpstreamFault('the upstream answered with no status of HTTP'));
      return;
    }
    upstreamResponse.headers = this.#endToEnd(upstreamResponse.headers);
    // Heard before http-proxy-middleware's own handlers, which would end the connection as if all were well.
    upstreamResponse.once('error', (error) => this.fail(error));
    upstreamResponse.once('close', () => {
      if (!upstreamResponse.complete) this.fail(new UpstreamFault('the upstream cut its answer'));
    });
    this.#goOn();
    upstreamResponse.on('data', () => this.#goOn());
  }

  /** Ends the request by a fault of the upstream, of the way to it, or of ours. */
  fail(error: unknown): void {
    const refusal = refusalOfFault(error, false);
    if (refusal === undefined) {
      this.#settled = true;
      clearTimeout(this.#timer);
      this.#upstreamRequest?.destroy();
      this.#settlement.reject(error);
    } else this.#end(refusedFor(refusal, describeFault(error)));
  }

  #goOn(): void {
    this.#timer.refresh();
    if (!this.#parts.allowed.request.isCurrent()) this.#reset({ kind: 'reset', code: 'identity_changed' });
  }

  #onTimeout(): void {
    const { response, allowed } = this.#parts;
    const upstreamRequest = this.#upstreamRequest;
    const awaitsBody =
      upstreamRequest !== undefined &&
      !upstreamRequest.writableNeedDrain &&
      !allowed.request.incoming.complete;
    if (response.writableNeedDrain || awaitsBody) this.#timer.refresh();
    else this.#end(refusedFor(upstreamTimeout(), 'the upstream: silent for too long'));
  }

  /** A refusal if nothing of an answer has been written yet, else a reset. */
  #end(refused: Refused): void {
    if (this.#settled) return;
    if (this.#begun) {
      this.#reset(resetInsteadOf(refused));
      return;
    }
    // What is left of the body is read by whoever answers.
    this.#parts.allowed.request.incoming.unpipe();
    this.#settle(refused);
    this.#upstreamRequest?.destroy();
  }

  #reset(outcome: Reset): void {
    if (this.#settled) return;
    this.#settle(outcome);
    resetConnection(this.#parts.response);
    this.#upstreamRequest?.destroy();
  }

  #settle(outcome: ForwardOutcome): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#timer);
    this.#settlement.resolve(outcome);
  }

  /** Without what the upstream said to us alone. Whether the client's connection lasts is ours to say. */
  #endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
    const { response, allowed } = this.#parts;
    const { cors } = allowed.request.route;
    const named = headers.connection?.split(',').map((option) => option.trim().toLowerCase()) ?? [];
    const passing = Object.entries(headers).filter(
      ([name]) =>
        !OF_THE_CONNECTION.has(name) &&
        !named.includes(name) &&
        // Which pages may read it has been said already, by the configuration.
        (cors === undefined || !name.startsWith('access-control-')),
    );
    const vary = cors === undefined || headers.vary === undefined ? {} : { vary: `${headers.vary}, Origin` };
    return {
      ...Object.fromEntries(passing),
      ...vary,
      connection: response.shouldKeepAlive ? 'keep-alive' : 'close',
    };
  }
}

/** What the network's own errors do not tell. */
class UpstreamFault extends Error {
  readonly code = 'ECONNRESET';
}
