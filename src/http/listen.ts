import { once } from 'node:events';
import type { Server } from 'node:net';

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use',
  EACCES: 'may not be listened on by this user',
  EADDRNOTAVAIL: 'is no address of this machine',
};

/**
 * Starts to listen.
 * @param address host and port; port 0 takes a free one
 * @throws Error whose message is one line for a person: `127.0.0.1:8080 is in use`
 */
export async function listen(server: Server, address: { host: string; port: number }): Promise<void> {
  server.listen(address.port, address.host);
  try {
    await once(server, 'listening');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Error(`${address.host}:${address.port} ${REASONS[code] ?? `cannot be listened on (${code})`}`, {
      cause: error,
    });
  }
}
