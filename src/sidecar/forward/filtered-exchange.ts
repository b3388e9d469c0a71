import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import { type Dispatcher, errors } from 'undici';
import type { Catalog } from '../../catalog/catalog.ts';
import { ItemFilter } from '../../json/item-filter.ts';
import type { AllowedRequest } from '../authorize.ts';
import { isRefusal } from '../refusals.ts';
import { type BodyFlow, type BodySink, ContentDecoder } from '../rewrite/content-decoder.ts';
import { emptyList, nothingKept } from '../rewrite/empty-list.ts';
import type { LinkContext } from '../rewrite/link.ts';
import { bodyHeaders, type UpstreamHeaders } from '../rewrite/response-headers.ts';
import type { RewritePlan } from '../rewrite/rewrite-plan.ts';
import { RewrittenAnswer, type Transformation } from '../rewrite/rewritten-answer.ts';
import { judge, policyFailed, type RewriteVerdict, unfilterable } from '../rewrite/verdict.ts';
import { sendWhole } from '../rewrite/whole-answer.ts';
import { Visibility } from '../visibility.ts';
import { type ForwardOutcome, refusedFor } from './outcome.ts';
import { describeFault, refusalOfFault } from './upstream-fault.ts';

/** Bytes of an unwanted body that are read so that the connection can serve again. */
const DRAINED = 65_536;

/** `errors: pass`: nothing is removed, for there are no items. */
const UNCHANGED: Transformation = { write: (chunk) => [chunk], end: () => [] };

export interface FilteredParts {
  readonly allowed: AllowedRequest;
  readonly response: ServerResponse;
  readonly plan: RewritePlan;
  readonly catalog: Catalog;
  /** Name of the query parameter that may hold the subscription key. */
  readonly keyParameter: string;
}

/** The request as undici sends it. */
export interface UpstreamRequest {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer | Readable | null;
}

/**
 * One request to an upstream whose answer is rewritten: hears from undici what the upstream says, and holds it
 * back when the client is slow.
 */
export class FilteredExchange implements Dispatcher.DispatchHandler {
  readonly #parts: FilteredParts;
  readonly #context: LinkContext;
  readonly #settled: PromiseWithResolvers<ForwardOutcome>;
  #controller: Dispatcher.DispatchController | undefined;
  #answer: RewrittenAnswer | undefined;
  #decoder: ContentDecoder | undefined;
  #upstreamEnded = false;
  /** What there is to say has been written, or is somebody else's to write. */
  #isOver = false;
  /** When the first interim answer came. */
  #interimSince: number | undefined;
  /** Bytes read of a body that nobody wants; undefined: it is wanted. */
  #drained: number | undefined;

  private constructor(parts: FilteredParts, path: string, settled: PromiseWithResolvers<ForwardOutcome>) {
    this.#parts = parts;
    const { route } = parts.allowed.request;
    this.#context = { route, upstreamPath: path, keyParameter: parts.keyParameter };
    this.#settled = settled;
    parts.response.once('close', () => this.#onClose());
  }

  /** Sends the request, and to the client what becomes of the answer. Rejects for a fault of ours. */
  static run(
    dispatcher: Dispatcher,
    request: UpstreamRequest,
    parts: FilteredParts,
  ): Promise<ForwardOutcome> {
    const { method } = parts.allowed.request;
    const settled = Promise.withResolvers<ForwardOutcome>();
    dispatcher.dispatch(
      // HEAD answers what GET would. That depends on the items, so they are asked for.
      { ...request, method: method === 'HEAD' ? 'GET' : method },
      new FilteredExchange(parts, request.path, settled),
    );
    return settled.promise;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) this.#abort();
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: UpstreamHeaders): void {
    if (this.#isOver) return;
    if (status < 200) return this.#onInterim();
    const { plan } = this.#parts;
    const isRead = this.#context.route.request === undefined;
    const verdict = judge(status, headers, plan, isRead);
    if ('coding' in verdict) {
      this.#rewrite(status, headers, verdict);
      return;
    }
    this.#drained = 0;
    const answer = verdict.kind === 'empty' ? emptyList(plan, headers, this.#context) : verdict.refusal;
    if (isRefusal(answer)) {
      this.#over(refusedFor(answer, verdict.kind === 'refuse' ? verdict.reason : undefined));
    } else {
      sendWhole(this.#parts.response, answer);
      this.#over({ kind: 'sent', status: answer.status });
    }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#drained !== undefined) {
      this.#drained += chunk.length;
      if (this.#drained > DRAINED) this.#abort();
    } else if (this.#decoder !== undefined) this.#decoder.write(chunk);
    else this.#answer?.write(chunk);
  }

  onResponseEnd(): void {
    this.#upstreamEnded = true;
    if (this.#decoder !== undefined) this.#decoder.end();
    else this.#answer?.end();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#upstreamEnded = true;
    this.#fail(error);
  }

  /** undici begins to wait anew at each of them (1xx), and an upstream may send any number. */
  #onInterim(): void {
    const now = performance.now();
    this.#interimSince ??= now;
    const { timeout } = this.#context.route.upstream;
    if (now - this.#interimSince > timeout) this.#fail(new errors.HeadersTimeoutError());
  }

  #rewrite(status: number, headers: UpstreamHeaders, { kind, coding }: RewriteVerdict): void {
    const { allowed, response, plan, catalog } = this.#parts;
    const visibility = new Visibility(allowed, plan.response.source, catalog);
    const upstream: BodyFlow = {
      pause: () => this.#controller?.pause(),
      resume: () => this.#controller?.resume(),
    };
    const answer = new RewrittenAnswer({
      response,
      head: { status, headers: bodyHeaders(headers, this.#context) },
      transformation: kind === 'filter' ? new ItemFilter(plan.selection, visibility.decide) : UNCHANGED,
      nothingKept: () => nothingKept(plan, headers, this.#context),
      emptiesAlike: plan.emptiesAlike,
      isCurrent: () => visibility.isCurrent(Date.now()),
      refusalOf: ({ message }) =>
        visibility.policyFault === undefined
          ? refusedFor(unfilterable(), message)
          : refusedFor(policyFailed(), visibility.policyFault.fault),
      upstream: {
        pause: () => (this.#decoder ?? upstream).pause(),
        resume: () => (this.#decoder ?? upstream).resume(),
      },
      over: (outcome) => this.#over(outcome),
    });
    this.#answer = answer;
    if (coding !== 'identity') this.#decoder = new ContentDecoder(coding, this.#guarded(answer), upstream);
  }

  /** The decoder calls from events, where nobody would catch what is thrown. */
  #guarded(sink: BodySink): BodySink {
    const guard = (step: () => void): void => {
      try {
        step();
      } catch (error) {
        this.#fail(error);
      }
    };
    return {
      write: (chunk) => guard(() => sink.write(chunk)),
      end: () => guard(() => sink.end()),
      broken: (reason) => guard(() => sink.broken(reason)),
    };
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    const refusal = refusalOfFault(error, this.#answer !== undefined);
    if (refusal === undefined) {
      this.#stop();
      this.#settled.reject(error);
      return;
    }
    const refused = refusedFor(refusal, describeFault(error));
    if (this.#answer === undefined) this.#over(refused);
    else this.#answer.fail(refused);
  }

  /** Nothing more is written, and nothing more of the upstream wanted. */
  #over(outcome: ForwardOutcome): void {
    this.#stop();
    const { response } = this.#parts;
    if (outcome.kind !== 'sent' || response.writableFinished) this.#settled.resolve(outcome);
    else response.once('finish', () => this.#settled.resolve(outcome));
  }

  /** The client has gone, unless all is settled: then it has got everything. */
  #onClose(): void {
    this.#stop();
    this.#settled.resolve({ kind: 'reset', code: 'client_aborted' });
  }

  #stop(): void {
    this.#isOver = true;
    this.#decoder?.destroy();
    if (!this.#upstreamEnded && this.#drained === undefined) this.#abort();
  }

  #abort(): void {
    this.#controller?.abort(new Error('the answer is not wanted any more'));
  }
}
