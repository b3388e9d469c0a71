import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

/** An answer that is known as a whole. */
export interface WholeAnswer {
  readonly status: number;
  readonly headers: OutgoingHttpHeaders;
  readonly body: Uint8Array;
}

/** Sends it with its length: a client can tell a cut one from a whole one. */
export function sendWhole(response: ServerResponse, { status, headers, body }: WholeAnswer): void {
  // RFC 9110, section 8.6: a 204 has no Content-Length.
  response.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': body.length });
  response.end(body);
}
