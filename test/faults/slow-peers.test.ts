import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { listen } from '../../src/http/listen.ts';
import { portOf } from '../sidecar/running-sidecar.ts';
import { pathOf, type Shape } from './fault-routes.ts';
import { OWNER } from './rights.ts';
import { SidecarProcess } from './sidecar-process.ts';

const MEGABYTE = 2 ** 20;
const ITEM = `{"logistics":{"wholesalerId":"10001","vendorId":"20001"},"pad":"${'x'.repeat(960)}"}`;
const PIECE = `${ITEM},`.repeat(64);
/** Of the whole answer: more than the systems' own buffers on the way can take. */
const PIECES = 1200;
const WHOLE_BYTES = PIECE.length * PIECES + ITEM.length + 2;

/** An answer that the upstream is at. */
interface Telling {
  readonly response: ServerResponse;
  /** Bytes that have been asked of it. */
  told: number;
}

/** Tells a long list as fast as it is taken, all of which the caller may see. */
let tellings: Telling[] = [];
const upstream: Server = createServer((_, response) => {
  const telling = { response, told: 0 };
  tellings.push(telling);
  response.setHeader('Content-Type', 'application/json');
  pipeline(longList(telling), response, () => {});
});

function* longList(telling: Telling): Generator<string> {
  yield '[';
  for (let pieces = PIECES; pieces > 0; pieces -= 1) {
    telling.told += PIECE.length;
    yield PIECE;
  }
  yield `${ITEM}]`;
}

let sidecar: SidecarProcess;
beforeAll(async () => {
  await listen(upstream, { host: '127.0.0.1', port: 0 });
  sidecar = await SidecarProcess.start(portOf(upstream));
});
afterAll(async () => {
  await sidecar.stop();
  upstream.close();
  upstream.closeAllConnections();
});
afterEach(() => void (tellings = []));

function request(shape: Shape): Socket {
  const socket = connect(sidecar.port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(
    `GET ${pathOf(shape, 'patient', 1)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nOcp-Apim-Subscription-Key: ${OWNER}\r\n\r\n`,
  );
  return socket;
}

/** Waits until the upstream gets no more told. */
async function heldUp(telling: Telling): Promise<number> {
  let before = -1;
  await vi.waitFor(
    () => {
      const moved = telling.told !== before;
      before = telling.told;
      expect(moved).toBe(false);
    },
    { timeout: 10_000, interval: 300 },
  );
  return telling.told;
}

async function theTelling(): Promise<Telling> {
  return vi.waitFor(() => {
    const [telling] = tellings;
    if (telling === undefined) throw new Error('nobody has asked yet');
    return telling;
  }, 5000);
}

describe.each<Shape>(['list', 'whole'])('a %s', (shape) => {
  it('that its client does not read waits in the upstream, not in memory, and is whole in the end', async () => {
    const before = await sidecar.measure();
    const socket = request(shape).pause();
    const telling = await theTelling();
    const told = await heldUp(telling);
    const held = await sidecar.measure();
    expect(told).toBeLessThan(WHOLE_BYTES / 2);
    expect(held.heapBytes + held.bufferBytes - before.heapBytes - before.bufferBytes).toBeLessThan(
      4 * MEGABYTE,
    );

    let received = 0;
    let last = '';
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      received += chunk.length;
      last = (last + chunk).slice(-20);
    });
    socket.resume();
    await once(socket, 'close');
    expect(received).toBeGreaterThan(WHOLE_BYTES);
    expect(last).toContain('0\r\n\r\n');
  });

  it('whose client goes away is not asked for any longer', async () => {
    const socket = request(shape).pause();
    const telling = await theTelling();
    await heldUp(telling);
    socket.destroy();
    if (!telling.response.destroyed) await once(telling.response, 'close');
    expect(telling.response.writableFinished).toBe(false);
    await vi.waitFor(async () => expect(await sidecar.inFlight()).toBe(0), 5000);
  });
});
