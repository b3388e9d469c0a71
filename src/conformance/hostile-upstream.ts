import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { framingOf, type MessageHead, readBody, readHead } from './http-message.ts';

/** What the upstream sends for one request, and what it does with the connection then. */
export interface Script {
  readonly bytes: Buffer;
  readonly ending: 'close' | 'reset' | 'keep' | 'stall';
}

/** One request that reached the upstream. */
export interface ReachedRequest {
  /** Undefined: what came is no request. */
  head: MessageHead | undefined;
  /** From its first byte to its last, as far as it came. */
  bytes: Buffer;
  body: Buffer;
  whole: boolean;
  /** What two servers could read differently in it. */
  readonly faults: string[];
}

/** Milliseconds after the last byte before a reset: else the reset would overtake it. */
const BEFORE_RESET = 30;

/** A backend that sends whatever bytes it is told to, and remembers every request that reached it. */
export class HostileUpstream {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #answer: (head: MessageHead) => Script = () => ({ bytes: Buffer.alloc(0), ending: 'close' });
  #reached: ReachedRequest[] = [];

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  /**
   * @param port on 127.0.0.1; 0 takes one that is free
   * @throws Error with one line for a person
   */
  static async start(port: number): Promise<HostileUpstream> {
    const upstream = new HostileUpstream();
    upstream.#server.listen(port, '127.0.0.1');
    try {
      await once(upstream.#server, 'listening');
    } catch (error) {
      throw new Error(`the hostile upstream cannot listen on 127.0.0.1:${port}`, { cause: error });
    }
    return upstream;
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  /** From now on answers like this; what reached it before is forgotten. */
  prepare(answer: (head: MessageHead) => Script): void {
    this.#answer = answer;
    this.#reached = [];
  }

  /** What has reached it since it was prepared. */
  get reached(): readonly ReachedRequest[] {
    return this.#reached;
  }

  /** Cuts the connections that are still there. True if there were any. */
  hangUp(): boolean {
    for (const socket of this.#sockets) socket.destroy();
    return this.#sockets.size > 0;
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.hangUp();
    await closed;
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    const connection = new Connection(socket, this.#reached, this.#answer);
    socket.on('data', (chunk: Buffer) => connection.take(chunk));
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}

/** The requests of one connection, one after the other. */
class Connection {
  readonly #socket: Socket;
  readonly #reached: ReachedRequest[];
  readonly #answer: (head: MessageHead) => Script;
  #bytes: Buffer = Buffer.alloc(0);
  #current: ReachedRequest | undefined;
  /** No more answers. */
  #spoken = false;

  constructor(socket: Socket, reached: ReachedRequest[], answer: (head: MessageHead) => Script) {
    this.#socket = socket;
    this.#reached = reached;
    this.#answer = answer;
  }

  take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    while (this.#bytes.length > 0 && this.#read()) {
      // The next request on the connection.
    }
  }

  /** Reads on; true when a request has ended, and another may follow. */
  #read(): boolean {
    if (this.#current === undefined) {
      const fresh = { head: undefined, body: Buffer.alloc(0), whole: false, faults: [] };
      this.#reached.push((this.#current = { ...fresh, bytes: this.#bytes }));
    }
    const request = this.#current;
    request.bytes = this.#bytes;
    const head = readHead(this.#bytes, 0);
    if (head === undefined) return false;
    if (request.head === undefined) request.faults.push(...head.faults);
    request.head = head;
    const framing = framingOf(head.fields, 'none');
    if (typeof framing === 'string') {
      request.faults.push(framing);
      this.#speak(head);
      return false;
    }
    const body = readBody(this.#bytes, head.end, framing, false);
    request.body = body.content;
    if (!body.whole) return false;
    request.whole = true;
    request.bytes = this.#bytes.subarray(0, body.end);
    this.#bytes = this.#bytes.subarray(body.end);
    this.#current = undefined;
    this.#speak(head);
    return true;
  }

  #speak(head: MessageHead): void {
    if (this.#spoken) return;
    const { bytes, ending } = this.#answer(head);
    this.#spoken = ending !== 'keep';
    if (ending === 'close') this.#socket.end(bytes);
    else this.#socket.write(bytes);
    if (ending === 'reset') setTimeout(() => this.#socket.resetAndDestroy(), BEFORE_RESET);
  }
}
