import type { Server } from 'node:http';

/** Open connections, at most. */
const CONNECTIONS = 1024;

/** Milliseconds in which nothing comes or goes on a connection before it is closed. */
const SILENCE = 60_000;

/** Milliseconds for the rest of a body that came too late for its answer: closing at once could lose the answer. */
const REST = 2000;

/** How long callers may take; milliseconds. */
export const PATIENCE = {
  /** For the request line and headers to arrive. */
  headersTimeout: 15_000,
  /** For the whole request. */
  requestTimeout: 60_000,
  connectionsCheckingInterval: 1000,
  /** For a TLS handshake. */
  handshakeTimeout: 15_000,
} as const;

/** Bounds what connections cost, whoever holds them: their number, their silence, and bodies that nobody reads. */
export function boundConnections(server: Server): void {
  server.maxConnections = CONNECTIONS;
  server.timeout = SILENCE;
  server.on('request', (request, response) => {
    response.once('finish', () => {
      if (request.complete) return;
      const cut = (): void => void (request.complete || request.socket.destroy());
      setTimeout(cut, REST).unref();
    });
  });
}
