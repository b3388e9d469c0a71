import { createServer, type Server, type ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { listen } from '../../src/http/listen.ts';
import { ask } from '../sidecar/clients.ts';
import { portOf } from '../sidecar/running-sidecar.ts';
import { openAndDrop } from './dropped-connection.ts';
import { pathOf } from './fault-routes.ts';
import { describeMeasurement, type Measurement } from './measurement.ts';
import { STRANGER } from './rights.ts';
import { Seeded } from './seeded.ts';
import { SidecarProcess } from './sidecar-process.ts';

const COUNT = Number(process.env['FULLMAKT_CONNECTIONS'] ?? 2000);
const AT_ONCE = 200;
/** Connections that let buffers and caches grow to their usual size before anything is compared. */
const WARMING = 400;
const MEGABYTE = 2 ** 20;

const ITEM = '{"logistics":{"wholesalerId":"10001","vendorId":"20001"},"pad":"'.concat('x'.repeat(400), '"}');
const PIECE = `${ITEM},`.repeat(50);
const PIECES = 20;

/** A backend that answers everything well, in pieces. */
const upstream: Server = createServer((request, response) => {
  request.on('error', () => {}).resume();
  response.setHeader('Content-Type', 'application/json');
  void answer(response, request.url?.startsWith('/patient/page/') === true);
});

async function answer(response: ServerResponse, isPage: boolean): Promise<void> {
  response.write(isPage ? '{"value":[' : '[');
  for (let pieces = isPage ? 1 : PIECES; pieces > 0 && !response.destroyed; pieces -= 1) {
    response.write(PIECE);
    await nextTurn();
  }
  response.end(isPage ? `${ITEM}],"nextLink":null}` : `${ITEM}]`);
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

/** Opens and drops the connections with these numbers, many at a time. */
async function dropAll(from: number, to: number): Promise<void> {
  let next = from;
  const drop = async (): Promise<void> => {
    for (let number = next++; number < to; number = next++)
      await openAndDrop(sidecar.port, number, new Seeded(number));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, drop));
}

/** Asks as a well-behaved client does, again and again, and is answered as if nothing else went on. */
async function askUntil(over: AbortSignal): Promise<void> {
  const url = `http://127.0.0.1:${sidecar.port}${pathOf('list', 'patient', 1)}`;
  do expect(await ask(url, { key: STRANGER })).toMatchObject({ status: 200, body: '[]' });
  while (!over.aborted);
}

/** What the sidecar holds when it rests: without the connections to its upstream, which it may keep for later. */
async function measureAtRest(): Promise<Measurement> {
  await vi.waitFor(async () => expect(await sidecar.inFlight()).toBe(0), 10_000);
  const measured = await sidecar.measure();
  const { promise: kept, resolve } = Promise.withResolvers<number>();
  upstream.getConnections((_, count) => resolve(count));
  return { ...measured, descriptors: measured.descriptors && measured.descriptors - (await kept) };
}

it(`${COUNT} connections that are dropped at odd moments trouble nobody, and leave nothing behind`, async () => {
  await dropAll(0, WARMING);
  const before = await measureAtRest();
  const over = new AbortController();
  const storm = dropAll(WARMING, WARMING + COUNT).finally(() => over.abort());
  await Promise.all([storm, askUntil(over.signal)]);
  await vi.waitFor(async () => expect((await measureAtRest()).descriptors).toBe(before.descriptors), 10_000);

  const after = await measureAtRest();
  process.stdout.write(`before: ${describeMeasurement(before)}\nafter: ${describeMeasurement(after)}\n`);
  if (after.descriptors === undefined)
    process.stdout.write('no /proc here: the descriptors were not counted\n');
  expect(after.connections).toBe(0);
  expect(after.heapBytes - before.heapBytes).toBeLessThan(8 * MEGABYTE);
  expect(after.bufferBytes - before.bufferBytes).toBeLessThan(4 * MEGABYTE);
}, 300_000);
