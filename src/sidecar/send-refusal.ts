import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Config } from '../config/config.ts';
import type { Exchange } from './exchange.ts';
import { LIMITS } from './limits.ts';
import type { Refusal } from './refusals.ts';
import { renderRefusal } from './render-refusal.ts';
import { hasBody } from './route/framing.ts';

/**
 * Answers with a refusal. The answer is written before this returns; the promise resolves when the exchange is over.
 *
 * A body that nobody read is thrown away for a while before the connection closes: closing at once would make TCP
 * answer the rest with a reset, which can overtake the refusal on its way to the client.
 */
export function sendRefusal(
  { incoming, response, decisionId }: Exchange,
  refusal: Refusal,
  style: Config['refusals'],
): Promise<void> {
  const { status, headers, body } = renderRefusal(refusal, decisionId, style);
  const unread = hasBody(incoming) && !incoming.complete;
  if (unread) response.shouldKeepAlive = false;
  response.writeHead(status, headers);
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  if (unread) {
    response.flushHeaders();
    response.write(body);
    void discardBody(incoming).then(() => response.end());
  } else {
    response.end(body);
  }
  return closed;
}

async function discardBody(incoming: IncomingMessage): Promise<void> {
  if (incoming.readableEnded || incoming.destroyed) return;
  let timer: NodeJS.Timeout | undefined;
  let bytes = 0;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LIMITS.discardingTime);
    incoming.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > LIMITS.discardedBytes) resolve();
    });
    for (const event of ['end', 'close', 'error']) incoming.once(event, () => resolve());
    // Where it was piped to an upstream that gave up, it has been paused.
    incoming.resume();
  });
  clearTimeout(timer);
}

/** Writes a connection's last bytes, if any, and closes it once the client has had the time to read them. */
export function endConnection(socket: Duplex, bytes?: Buffer): void {
  const timer = setTimeout(() => socket.destroy(), LIMITS.discardingTime);
  socket.once('close', () => clearTimeout(timer));
  socket.end(bytes);
  socket.resume();
}
