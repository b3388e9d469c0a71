import type { Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Decision } from '../telemetry/decision.ts';
import type { ConclusionParts } from './conclude.ts';
import { corsHeaders } from './cors.ts';
import { type Exchange, makeDecisionId } from './exchange.ts';
import { LIMITS } from './limits.ts';
import { type Refusal, refuse } from './refusals.ts';
import { renderRawRefusal } from './render-refusal.ts';
import { resetSocket } from './reset-connection.ts';
import { endConnection } from './send-refusal.ts';

const TIMEOUT = refuse('request_timeout', 'The request took too long to arrive.');
const SILENCE = refuse('request_timeout', 'The rest of the request did not come.');
const MALFORMED = refuse('request_malformed', 'The request is not valid HTTP/1.1 or 1.0.');
const LONG_TARGET = refuse('uri_too_long', 'The request target is too long.');
const LARGE_HEAD = refuse('headers_too_large', 'The request line and headers are too large.');
const TUNNEL = refuse('path_ambiguous', 'The request target must be a path: there are no tunnels here.');
// RFC 9110, section 15.5.22: the answer names the protocol that is required.
const UPGRADE = refuse('upgrade_refused', 'Only HTTP/1.1 is spoken here.', {
  Upgrade: 'HTTP/1.1',
  Connection: 'close, Upgrade',
});

/** A connection beyond those that may be open is closed without a word. */
const TOO_MANY = { code: 'connection_dropped', status: undefined };

interface ParseError extends Error {
  readonly code?: string;
  /** The piece that was being parsed, and how far that came. */
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/**
 * The exits below HTTP, where Node has a bare connection and no response to write to: they end in a refusal of the
 * same form as everywhere, instead of Node's own answers.
 */
export class RawExits {
  readonly #latest: WeakMap<Duplex, Exchange>;
  readonly #parts: ConclusionParts;
  #madePlaceAt = Number.NEGATIVE_INFINITY;

  /** @param latest of each connection, the last request that came */
  constructor(latest: WeakMap<Duplex, Exchange>, parts: ConclusionParts) {
    this.#latest = latest;
    this.#parts = parts;
  }

  attach(server: Server): void {
    server.on('clientError', (error: ParseError, socket) => this.#onParseError(error, socket));
    server.on('connect', (incoming, socket) => this.#refuseTakenOver(TUNNEL, incoming.method, socket));
    server.on('upgrade', (incoming, socket) => this.#refuseTakenOver(UPGRADE, incoming.method, socket));
    server.on('timeout', (socket) => this.#onSilence(socket));
    server.on('drop', () => this.#onDrop(server));
  }

  /** There are too many connections: those that only wait make place for the next to come. */
  #onDrop(server: Server): void {
    this.#parts.report(describeBare(TOO_MANY, makeDecisionId(), undefined));
    const now = performance.now();
    // Looking through them all costs too much to do it for each of a flood.
    if (now - this.#madePlaceAt < LIMITS.makingPlaceTime) return;
    this.#madePlaceAt = now;
    server.closeIdleConnections();
  }

  /** Nothing has come or gone on a connection for as long as we are patient. */
  #onSilence(socket: Socket): void {
    const exchange = this.#latest.get(socket);
    if (exchange === undefined || !exchange.unanswered) {
      socket.destroy();
    } else if (socket.writableLength > 0) {
      exchange.reason = 'the client does not read its answer';
      resetSocket(socket);
    } else if (exchange.incoming.readableFlowing === true && !exchange.incoming.complete) {
      this.#refuse(SILENCE, undefined, socket);
    } else {
      // It waits for the upstream, which has bounds of its own.
      socket.setTimeout(socket.timeout ?? 0);
    }
  }

  #onParseError(error: ParseError, socket: Duplex): void {
    // What comes behind a request that said it was the last is not read; that one still gets its answer (RFC 9112,
    // section 9.6).
    if (error.code === 'HPE_CLOSED_CONNECTION') return;
    const refusal = refusalOf(error, socket);
    // One that is not writable has had its answer, or has nobody to read one.
    if (refusal === undefined || !socket.writable) socket.destroy();
    else this.#refuse(refusal, undefined, socket);
  }

  /** Node has taken its listeners off a connection that asks for another protocol. */
  #refuseTakenOver(refusal: Refusal, method: string | undefined, socket: Duplex): void {
    socket.on('error', () => socket.destroy());
    this.#refuse(refusal, method, socket);
  }

  #refuse(refusal: Refusal, method: string | undefined, socket: Duplex): void {
    const exchange = this.#latest.get(socket);
    if (exchange === undefined || !exchange.unanswered) {
      const decisionId = makeDecisionId();
      this.#answer(refusal, decisionId, socket);
      this.#parts.report(describeBare(refusal, decisionId, method));
    } else if (exchange.refused) {
      // Its answer has been written, and says no; what went wrong since is the rest of a body that nobody wants.
      endConnection(socket);
    } else if (exchange.incoming.complete || exchange.response.headersSent) {
      // Bytes of ours would be taken for a part of an answer that is under way, or still to come.
      resetSocket(socket);
    } else {
      exchange.cut = refusal;
      const { route, incoming, decisionId } = exchange;
      const headers = route === undefined ? {} : corsHeaders(route, incoming);
      this.#answer({ ...refusal, headers: { ...refusal.headers, ...headers } }, decisionId, socket);
    }
  }

  #answer(refusal: Refusal, decisionId: string, socket: Duplex): void {
    endConnection(socket, renderRawRefusal(refusal, decisionId, this.#parts.refusals));
  }
}

/** What the parser's error means to the client; undefined where there is nobody to tell, or no request at all. */
function refusalOf({ code = '', rawPacket, bytesParsed }: ParseError, socket: Duplex): Refusal | undefined {
  const bytesRead = socket instanceof Socket ? socket.bytesRead : undefined;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return bytesRead === 0 ? undefined : TIMEOUT;
  if (code === 'HPE_HEADER_OVERFLOW') {
    // RFC 9112, section 3 asks for 414. Which part is too large is seen only if all of it is in one piece.
    const line = bytesRead === rawPacket?.length ? rawPacket?.subarray(0, bytesParsed) : undefined;
    return line === undefined || line.includes('\n') ? LARGE_HEAD : LONG_TARGET;
  }
  return code.startsWith('HPE_') ? MALFORMED : undefined;
}

/** @param status undefined where nobody was told */
function describeBare(
  { code, status }: Pick<Decision, 'code' | 'status'>,
  decisionId: string,
  method: string | undefined,
): Decision {
  return {
    decisionId,
    code,
    status,
    reason: undefined,
    route: undefined,
    method,
    userId: undefined,
    subscriptionId: undefined,
    items: undefined,
    durationMs: 0,
  };
}
