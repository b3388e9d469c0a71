import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { converse } from './client.ts';
import { HostileUpstream } from './hostile-upstream.ts';
import { judge } from './judge.ts';
import { describeMeasurement } from './measurement.ts';
import { makeScenario } from './scenario.ts';
import { SidecarProcess } from './sidecar-process.ts';

/** How many answers are played, of which one in twelve has no fault; and where their random choices begin. */
const COUNT = Number(process.env['FULLMAKT_FAULTS'] ?? 1100);
const SEED = Number(process.env['FULLMAKT_FAULTS_SEED'] ?? 1);
const AT_ONCE = 24;
/** Requests that let buffers and caches grow to their usual size before anything is compared. */
const WARMING = 120;
const MEGABYTE = 2 ** 20;

interface Suffered {
  readonly fault: string;
  readonly outcome: string;
  readonly wrong: string | undefined;
}

let upstream: HostileUpstream;
let sidecar: SidecarProcess;
beforeAll(async () => {
  upstream = await HostileUpstream.start();
  sidecar = await SidecarProcess.start(upstream.port);
});
afterAll(async () => {
  await sidecar.stop();
  upstream.close();
});

async function suffer(number: number, thing: number): Promise<Suffered> {
  const scenario = makeScenario(number, thing, SEED);
  upstream.prepare(thing, scenario.program);
  const { outcome, wrong } = judge(scenario, await converse(sidecar.port, scenario));
  return { fault: scenario.fault, outcome, wrong: wrong && `${scenario.description}: ${wrong}` };
}

/** Plays the faults with these numbers, many at a time. */
async function sufferAll(from: number, to: number): Promise<Suffered[]> {
  const suffered: Suffered[] = [];
  let next = from;
  const play = async (_: unknown, thing: number): Promise<void> => {
    while (next < to) suffered.push(await suffer(next++, thing));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, play));
  return suffered;
}

/** One line for each fault: `stall: 61 504 upstream_timeout, 9 reset in the answer`. */
function describeOutcomes(suffered: readonly Suffered[]): string {
  const lines = [...Map.groupBy(suffered, ({ fault }) => fault), ['all', suffered] as const].map(
    ([fault, ofFault]) => {
      const outcomes = [...Map.groupBy(ofFault, ({ outcome }) => outcome)].sort(
        ([, some], [, others]) => others.length - some.length,
      );
      return `${fault}: ${outcomes.map(([outcome, all]) => `${all.length} ${outcome}`).join(', ')}`;
    },
  );
  return lines.join('\n');
}

it(`${COUNT} answers of a hostile upstream let no hidden byte out, make no cut answer look whole, and leave nothing behind`, async () => {
  const warming = await sufferAll(0, WARMING);
  const before = await sidecar.measure();
  const suffered = await sufferAll(WARMING, WARMING + COUNT);
  expect([...warming, ...suffered].flatMap(({ wrong }) => wrong ?? [])).toEqual([]);
  expect(upstream.usesOfSpoilt).toBe(0);

  await vi.waitFor(async () => expect(await sidecar.inFlight()).toBe(0), 5000);
  await vi.waitFor(() => expect(upstream.unfinished).toBe(0), 5000);
  const after = await sidecar.measure();
  process.stdout.write(`${describeOutcomes(suffered)}\n`);
  process.stdout.write(`before: ${describeMeasurement(before)}\nafter: ${describeMeasurement(after)}\n`);
  expect(after.connections).toBe(0);
  expect(after.heapBytes - before.heapBytes).toBeLessThan(12 * MEGABYTE);
  expect(after.bufferBytes - before.bufferBytes).toBeLessThan(4 * MEGABYTE);
}, 300_000);
