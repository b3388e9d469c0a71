// Whether time tells a hidden object from an absent one: asks for one of each in turn, through the sidecar and of
// the backend itself, whose own difference is in the first.
// Run: node test/bench/hidden-against-absent.ts [rounds]
import { Agent, createServer, get } from 'node:http';
import { text } from 'node:stream/consumers';
import { listen } from '../../src/http/listen.ts';
import { pathOf } from '../faults/fault-routes.ts';
import { STRANGER } from '../faults/rights.ts';
import { SidecarProcess } from '../faults/sidecar-process.ts';
import { portOf } from '../sidecar/running-sidecar.ts';

const ROUNDS = Number(process.argv[2] ?? 5000);
const WARMING = 1000;

type Kind = 'hidden' | 'absent';
const THING: Readonly<Record<Kind, number>> = { hidden: 1, absent: 2 };
/** As long as a product is when it is pretty-printed. */
const OBJECT = JSON.stringify({
  basic: { productId: '1101', pad: 'x'.repeat(3500) },
  logistics: { wholesalerId: '10005', vendorId: '20001' },
});

const upstream = createServer((request, response) => {
  response.setHeader('Content-Type', 'application/json');
  if (request.url?.endsWith(`/${THING.hidden}`) === true) response.end(OBJECT);
  else response.writeHead(404).end('{"error":"no such product"}');
});
await listen(upstream, { host: '127.0.0.1', port: 0 });
const sidecar = await SidecarProcess.start(portOf(upstream));
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** An answer, less the date and the decision's id. */
async function ask(port: number, kind: Kind): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const path = pathOf('object', 'patient', THING[kind]);
  const headers = { 'Ocp-Apim-Subscription-Key': STRANGER };
  get({ host: '127.0.0.1', port, path, headers, agent }, (response) => {
    const head = `${response.statusCode}\n${response.rawHeaders.join('\n').replace(/^Date\n.*$/m, '')}`;
    text(response).then((body) => resolve(head + body.replace(/"decisionId":"[^"]*"/, '')), reject);
  }).on('error', reject);
  return promise;
}

/** Microseconds of each request, in the rounds' order. */
async function time(port: number): Promise<Readonly<Record<Kind, readonly number[]>>> {
  const times: Readonly<Record<Kind, number[]>> = { hidden: [], absent: [] };
  for (let round = -WARMING; round < ROUNDS; round += 1) {
    // Whichever comes second profits from what the first has warmed: they take turns.
    const order: readonly Kind[] = round % 2 === 0 ? ['hidden', 'absent'] : ['absent', 'hidden'];
    for (const kind of order) {
      const begin = performance.now();
      await ask(port, kind);
      if (round >= 0) times[kind].push((performance.now() - begin) * 1000);
    }
  }
  return times;
}

function median(values: readonly number[]): number {
  return values.toSorted((some, other) => some - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function report(where: string, { hidden, absent }: Readonly<Record<Kind, readonly number[]>>): void {
  const [ofHidden, ofAbsent] = [median(hidden), median(absent)];
  const slower = hidden.filter((taken, index) => taken > (absent[index] ?? 0)).length / hidden.length;
  const microseconds = (value: number): string => `${value.toFixed(0)} us`;
  console.log(
    `${where}: hidden ${microseconds(ofHidden)}, absent ${microseconds(ofAbsent)} (medians of ${ROUNDS}), difference ${microseconds(ofHidden - ofAbsent)}; hidden was the slower of ${(slower * 100).toFixed(0)}% of the pairs`,
  );
}

const alike = (await ask(sidecar.port, 'hidden')) === (await ask(sidecar.port, 'absent'));
console.log(
  `status, headers and body are ${alike ? 'the same' : 'NOT THE SAME'}, but for date and decision id`,
);
report('through the sidecar', await time(sidecar.port));
report('of the backend itself', await time(portOf(upstream)));

agent.destroy();
await sidecar.stop();
upstream.close();
upstream.closeAllConnections();
