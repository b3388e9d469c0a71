import type { ServerResponse } from 'node:http';

/**
 * Ends an answer that has begun so that nobody can take it for a whole one: TCP's RST. A mere close would look
 * like the proper end of a body without a length, as HTTP/1.0 sends them.
 */
export function resetConnection(response: ServerResponse): void {
  response.req.socket.resetAndDestroy();
}
