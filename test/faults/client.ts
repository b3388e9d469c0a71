import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What came over a connection until it ended, and how it did. Bytes are `latin1`. */
export interface Transcript {
  readonly bytes: string;
  readonly ending: 'closed' | 'reset' | 'never';
}

/** Milliseconds after which nothing more is hoped for. */
const PATIENCE = 45_000;

export interface Asking {
  readonly path: string;
  readonly key: string;
  readonly version: '1.0' | '1.1';
  readonly slowReader: boolean;
}

/** Sends one request on a connection of its own, and reads until that ends. */
export async function converse(
  port: number,
  { path, key, version, slowReader }: Asking,
): Promise<Transcript> {
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `GET ${path} HTTP/${version}\r\nHost: api.example.no\r\nConnection: close\r\nOcp-Apim-Subscription-Key: ${key}\r\n\r\n`,
  );
  const chunks: string[] = [];
  let ending: Transcript['ending'] = 'closed';
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(() => {
    ending = 'never';
    socket.destroy();
  }, PATIENCE);
  socket.setEncoding('latin1').on('data', (chunk: string) => {
    chunks.push(chunk);
    if (slowReader && chunks.length < 10) void pauseFor(socket, 30);
  });
  socket.once('error', () => (ending = 'reset'));
  socket.once('close', () => resolve());
  await promise;
  clearTimeout(timer);
  return { bytes: chunks.join(''), ending };
}

async function pauseFor(socket: Socket, milliseconds: number): Promise<void> {
  socket.pause();
  await sleep(milliseconds);
  socket.resume();
}
