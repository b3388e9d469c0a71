import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathOf } from './fault-routes.ts';
import { OWNER } from './rights.ts';
import type { Seeded } from './seeded.ts';

/** Milliseconds after which a connection that is still there is given up. */
const PATIENCE = 10_000;
const BIG = pathOf('list', 'patient', 1);
const WHOLE = pathOf('whole', 'patient', 1);

/** What a client does before it is gone. It may already be gone when this ends. */
type Doing = (socket: Socket, random: Seeded) => Promise<void> | void;

const DOINGS: readonly (readonly [name: string, doing: Doing])[] = [
  ['nothing', () => {}],
  ['part of a head', (socket, random) => void socket.write(partOf(get(BIG), random))],
  ['a head', (socket, random) => void socket.write(get(random.pick([BIG, WHOLE])))],
  [
    'a head, and waits a little',
    async (socket, random) => {
      socket.write(get(random.pick([BIG, WHOLE])));
      await sleep(random.between(0, 30));
    },
  ],
  [
    'a head, and reads some of the answer',
    async (socket, random) => {
      socket.write(get(random.pick([BIG, WHOLE]), 'Connection: close\r\n'));
      for (let pieces = random.between(1, 5); pieces > 0 && !socket.readableEnded; pieces -= 1)
        await eventOrEnd(socket, 'data');
    },
  ],
  [
    'a head, and does not read',
    async (socket, random) => {
      socket.pause();
      socket.write(get(random.pick([BIG, WHOLE])));
      await sleep(random.between(10, 80));
    },
  ],
  [
    'part of a body',
    (socket, random) => {
      const body = orders(random);
      socket.write(post(random, `Content-Length: ${body.length}`) + partOf(body, random));
    },
  ],
  [
    'part of a chunk',
    (socket, random) => {
      const body = orders(random);
      const chunk = `${body.length.toString(16)}\r\n${body}\r\n`;
      socket.write(post(random, 'Transfer-Encoding: chunked') + partOf(chunk, random));
    },
  ],
  [
    'an expectation',
    async (socket, random) => {
      socket.write(post(random, 'Content-Length: 100\r\nExpect: 100-continue'));
      if (random.chance(0.5)) await eventOrEnd(socket, 'data');
    },
  ],
  [
    'requests in one go',
    async (socket, random) => {
      socket.write(get(random.pick([BIG, WHOLE])).repeat(random.between(2, 20)));
      await sleep(random.between(0, 30));
    },
  ],
  [
    'requests one after another',
    async (socket, random) => {
      for (let requests = random.between(1, 4); requests > 0 && !socket.readableEnded; requests -= 1) {
        socket.write(get(pathOf('page', 'patient', 1)));
        await eventOrEnd(socket, 'data');
      }
    },
  ],
  [
    'a head, and closes its half',
    async (socket, random) => {
      socket.end(get(random.pick([BIG, WHOLE])));
      await sleep(random.between(0, 30));
    },
  ],
  ['part of a head, and closes its half', (socket, random) => void socket.end(partOf(get(BIG), random))],
  ['garbage', (socket, random) => void socket.write(randomBytes(random.magnitude(1, 100_000)))],
];

/** Opens a connection, does one of the odd things with it, and drops it. Resolves when it is gone. */
export async function openAndDrop(port: number, number: number, random: Seeded): Promise<void> {
  const [, doing] = DOINGS[number % DOINGS.length] ?? [];
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('error', () => {});
  socket.on('data', () => {});
  const timer = setTimeout(() => socket.destroy(new Error('it never ended')), PATIENCE);
  await eventOrEnd(socket, 'connect');
  await doing?.(socket, random);
  drop(socket, random);
  await closed;
  clearTimeout(timer);
}

function drop(socket: Socket, random: Seeded): void {
  const way = random.between(0, 2);
  // Node loses a connection that is reset while its FIN is on the way.
  if (way === 0 && !socket.writableEnded) socket.resetAndDestroy();
  else if (way < 2) socket.destroy();
  // As one who has said all, and listens to what there is.
  else socket.end().resume();
}

async function eventOrEnd(socket: Socket, event: string): Promise<void> {
  if (socket.destroyed || socket.readableEnded) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  const awaited = [event, 'end', 'close'];
  for (const either of awaited) socket.once(either, resolve);
  await promise;
  for (const either of awaited) socket.off(either, resolve);
}

function get(path: string, fields = ''): string {
  return `GET ${path} HTTP/1.1\r\nHost: api.example.no\r\n${fields}Ocp-Apim-Subscription-Key: ${OWNER}\r\n\r\n`;
}

function post(random: Seeded, framing: string): string {
  const path = `/orders/${random.pick(['checked', 'unchecked'])}`;
  return `POST ${path} HTTP/1.1\r\nHost: api.example.no\r\nContent-Type: application/json\r\n${framing}\r\nOcp-Apim-Subscription-Key: ${OWNER}\r\n\r\n`;
}

function orders(random: Seeded): string {
  return JSON.stringify(Array.from({ length: random.magnitude(1, 5000) }, () => ({ productId: '1000' })));
}

function partOf(text: string, random: Seeded): string {
  return text.slice(0, random.between(1, text.length - 1));
}
