import type { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket, type Server as TlsServer } from 'node:tls';

/** Of each TLS connection, the TCP connection that carries it: only that one can be reset. */
const carriers = new WeakMap<Duplex, Socket>();

/**
 * Ends an answer that has begun so that nobody can take it for a whole one: TCP's RST. A mere close would look
 * like the proper end of a body without a length, as HTTP/1.0 sends them.
 */
export function resetConnection(response: ServerResponse): void {
  resetSocket(response.req.socket);
}

/** The same for a connection that may have no answer yet. */
export function resetSocket(socket: Duplex): void {
  const carrier = carriers.get(socket) ?? socket;
  // Its last bytes and its FIN are with the system, which resets no connection that is closing (libuv: EINVAL); Node
  // would lose it, open.
  const isClosing = socket.writableEnded && socket.writableLength === 0;
  if (isClosing) socket.destroy();
  else if (carrier instanceof Socket && !(carrier instanceof TLSSocket)) carrier.resetAndDestroy();
  else carrier.destroy();
}

/** Keeps in mind what carries the connections of a TLS server, so that they can be reset. */
export function noteCarriers(server: TlsServer): void {
  const byEnds = new Map<string, Socket>();
  server.on('connection', (carrier: Socket) => {
    const ends = endsOf(carrier);
    byEnds.set(ends, carrier);
    carrier.once('close', () => byEnds.delete(ends));
  });
  server.on('secureConnection', (socket) => {
    const carrier = byEnds.get(endsOf(socket));
    if (carrier !== undefined) carriers.set(socket, carrier);
  });
}

/** What tells a live TCP connection from every other (RFC 9293, section 3.3.1). */
function endsOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
