import { connect } from 'node:net';
import { Command, InvalidArgumentError } from 'commander';
import type { ConformanceCase } from '../conformance/case.ts';
import { HostileUpstream } from '../conformance/hostile-upstream.ts';
import { loadCases } from '../conformance/load-cases.ts';
import { type Bench, play, setUpBench } from '../conformance/play.ts';
import { Report } from '../conformance/report.ts';

interface Options {
  readonly proxy: URL;
  readonly upstreamPort: number;
  readonly key: readonly string[];
  readonly family?: string;
  readonly case?: string;
}

/** `fullmakt conformance`: plays every attack of the suite against the proxy that is named. */
export function conformanceCommand(): Command {
  return new Command('conformance')
    .description('play hostile clients and a hostile upstream against any filtering proxy')
    .requiredOption('--proxy <url>', 'the proxy to judge, set up as docs/conformance.md says', toProxy)
    .requiredOption('--upstream-port <n>', 'the port on 127.0.0.1 that it takes for its upstream', toPort)
    .requiredOption(
      '--key <key...>',
      'of the owner of wholesaler 10001, then perhaps of a caller who owns nothing',
    )
    .option('--family <name>', 'play the cases of one family only')
    .option('--case <id>', 'play one case only')
    .action(conformance);
}

function toProxy(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === 'http:' && url.pathname === '/' && url.search === '') return url;
  throw new InvalidArgumentError('It must be an address such as http://127.0.0.1:8080.');
}

function toPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be from 1 to 65535.');
}

async function conformance({ proxy, upstreamPort, key, family, case: id }: Options): Promise<void> {
  const [owner = '', other, ...more] = key;
  if (more.length > 0) throw new Error('give one key, or two');
  const { cases, texts } = await loadCases();
  const chosen = cases.filter(
    (one) => (family === undefined || one.family === family) && (id === undefined || one.id === id),
  );
  if (chosen.length === 0) throw new Error(`no such case; the families are ${familiesOf(cases).join(', ')}`);
  const upstream = await HostileUpstream.start(upstreamPort);
  try {
    const bench = setUpBench(proxy, upstream, { owner, other }, texts);
    await tryConnecting(bench.proxy);
    const report = new Report((line) => console.log(line));
    for (const one of chosen) {
      if (one.needsOther && other === undefined) report.leaveOut(one, 'it takes a second key');
      else report.add(one, await play(one, bench));
    }
    if (!report.close()) process.exitCode = 1;
  } finally {
    await upstream.close();
  }
}

async function tryConnecting(proxy: Bench['proxy']): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect(proxy.port, proxy.host);
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', () => reject(new Error(`nobody listens at ${proxy.host}:${proxy.port}`)));
  });
}

function familiesOf(cases: readonly ConformanceCase[]): readonly string[] {
  return [...new Set(cases.map(({ family }) => family))];
}
