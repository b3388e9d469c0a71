import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { portOf } from '../sidecar/running-sidecar.ts';
import type { WireStep } from './wire.ts';

/** Bytes of one write. */
const WRITE = 48 * 1024;

/** A backend that does to each request what was written down for it, on the bare connection. */
export class HostileUpstream {
  /** By the last segment of the request's path. */
  readonly #programs = new Map<string, readonly WireStep[]>();
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  /** Those whose last answer came to its end, and which wait for another request. */
  readonly #kept = new Set<Socket>();
  readonly #spoilt = new Set<Socket>();
  readonly #playing = new WeakMap<Socket, readonly WireStep[]>();
  /** Requests that came over a connection on which more had been sent than belonged there. */
  usesOfSpoilt = 0;

  private constructor() {
    this.#server = createServer({ noDelay: true }, (socket) => this.#serve(socket));
  }

  static async start(): Promise<HostileUpstream> {
    const upstream = new HostileUpstream();
    upstream.#server.listen(0, '127.0.0.1');
    await once(upstream.#server, 'listening');
    return upstream;
  }

  get port(): number {
    return portOf(this.#server);
  }

  get connections(): number {
    return this.#open.size;
  }

  /** Connections on which somebody still waits for the rest of an answer. */
  get unfinished(): number {
    return this.#open.size - this.#kept.size;
  }

  prepare(thing: number, program: readonly WireStep[]): void {
    this.#programs.set(String(thing), program);
  }

  forget(thing: number): void {
    this.#programs.delete(String(thing));
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#open) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#open.add(socket);
    this.#kept.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      this.#open.delete(socket);
      this.#kept.delete(socket);
      this.#spoilt.delete(socket);
    });
    let head = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      head += chunk;
      if (!head.includes('\r\n\r\n')) return;
      const [, thing = ''] = /^GET \S*\/(\w+)(?:\?\S*)? /.exec(head) ?? [];
      head = '';
      if (this.#spoilt.has(socket)) this.usesOfSpoilt += 1;
      this.#kept.delete(socket);
      void this.#play(socket, this.#programs.get(thing) ?? []);
    });
  }

  async #play(socket: Socket, program: readonly WireStep[]): Promise<void> {
    this.#playing.set(socket, program);
    for (const step of program) {
      if (socket.destroyed) return;
      switch (step.kind) {
        case 'send':
          await send(socket, step.bytes);
          break;
        case 'trickle':
          for (const byte of step.bytes) {
            socket.write(byte, 'latin1');
            await nextTurn();
          }
          break;
        case 'close':
          socket.end();
          break;
        case 'reset':
          socket.resetAndDestroy();
          break;
        case 'silence':
          break;
        case 'keep':
          // The next request may have come before this side knew that its answer was out.
          if (this.#playing.get(socket) === program) this.#kept.add(socket);
          if (step.spoilt) this.#spoilt.add(socket);
          break;
      }
    }
  }
}

/** Resolves when the bytes are with the system. What comes last goes in one write with much of what is before it. */
async function send(socket: Socket, bytes: string): Promise<void> {
  let from = 0;
  for (let to = bytes.length % WRITE || WRITE; from < bytes.length; to += WRITE) {
    const { promise, resolve } = Promise.withResolvers<void>();
    socket.once('close', resolve);
    socket.write(bytes.slice(from, to), 'latin1', () => resolve());
    await promise;
    socket.off('close', resolve);
    if (socket.destroyed) return;
    from = to;
  }
}
