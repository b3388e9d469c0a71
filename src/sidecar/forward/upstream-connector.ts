import type { SecureContextOptions } from 'node:tls';
import { buildConnector } from 'undici';

/**
 * Connects undici to an upstream, so that a reset is a fault. A body without a length ends where its connection is
 * closed, unless that was an error (RFC 9112, section 8); undici takes a reset, told by this code, for such an end.
 *
 * @param timeout milliseconds to connect in
 * @param tls how the upstream is told from others, and what it is shown
 */
export function upstreamConnector(timeout: number, tls: SecureContextOptions): buildConnector.connector {
  const connect = buildConnector({ ...tls, allowH2: false, timeout });
  return (options, callback) =>
    connect(options, (...[error, socket]) => {
      if (error !== null) return callback(error, null);
      // Heard before undici hears it.
      socket.on('error', (fault: NodeJS.ErrnoException) => {
        if (fault.code === 'ECONNRESET') fault.code = 'ECONNABORTED';
      });
      callback(null, socket);
    });
}
