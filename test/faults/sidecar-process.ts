import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { loadWithPolicy } from '../../src/cli/load-with-policy.ts';
import { renderFaults } from '../../src/config/file-fault.ts';
import { makeSecrets } from '../../src/config/new-secrets.ts';
import { applyState } from '../../src/grants/apply.ts';
import { readState } from '../../src/grants/state.ts';
import { compilePolicies } from '../../src/policy/compiler.ts';
import { openStore } from '../../src/store/open-store.ts';
import { configuration } from './fault-routes.ts';
import { Measurement } from './measurement.ts';
import { STATE } from './rights.ts';

/** Of the launcher's flags, and what lets the probe collect garbage before it measures. */
const NODE_FLAGS = ['--max-semi-space-size=2', '--disable-warning=ExperimentalWarning', '--expose-gc'];

const Listening = z.object({
  msg: z.literal('listening'),
  listen: z.object({ port: z.number() }),
  management: z.object({ port: z.number() }),
});

/** `fullmakt sidecar` in a process of its own, so that its memory and sockets can be told from the test's. */
export class SidecarProcess {
  readonly port: number;
  readonly #managementPort: number;
  readonly #child: ChildProcess;
  readonly #folder: string;

  private constructor(
    child: ChildProcess,
    folder: string,
    { listen, management }: z.infer<typeof Listening>,
  ) {
    this.#child = child;
    this.#folder = folder;
    this.port = listen.port;
    this.#managementPort = management.port;
  }

  /** @param upstreamPort of this host, where all its upstreams are */
  static async start(upstreamPort: number): Promise<SidecarProcess> {
    const folder = await mkdtemp(join(tmpdir(), 'fullmakt-faults-'));
    const file = await fillFolder(folder, upstreamPort);
    const child = fork(
      fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url)),
      ['sidecar', '--config', file],
      {
        execArgv: [...NODE_FLAGS, '--import', new URL('probe.ts', import.meta.url).href],
        stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      },
    );
    return new SidecarProcess(child, folder, await listening(child));
  }

  /** Its memory and sockets, after it has collected its garbage. */
  async measure(): Promise<Measurement> {
    const answered = once(this.#child, 'message');
    this.#child.send('measure');
    const [message] = await answered;
    return Measurement.parse(message);
  }

  /** Requests that have no whole answer yet. */
  async inFlight(): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const options = { host: '127.0.0.1', port: this.#managementPort, path: '/metrics', agent: false };
    get(options, (response) => void text(response).then(resolve, reject)).on('error', reject);
    const [, value] = /^fullmakt_requests_in_flight (\d+)$/m.exec(await promise) ?? [];
    if (value === undefined) throw new Error('there is no such metric');
    return Number(value);
  }

  async stop(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
    await rm(this.#folder, { recursive: true });
  }
}

/** Waits until it listens. What it logs from then on is thrown away: unread, it would fill the pipe and stop there. */
async function listening({ stdout }: ChildProcess): Promise<z.infer<typeof Listening>> {
  if (stdout === null) throw new Error('its output is not piped');
  for await (const line of createInterface({ input: stdout })) {
    const { data } = Listening.safeParse(JSON.parse(line));
    if (data === undefined) continue;
    stdout.resume();
    return data;
  }
  throw new Error('the sidecar ended before it listened');
}

/**
 * Puts into a folder all that a sidecar reads.
 * @returns the configuration's file
 */
async function fillFolder(folder: string, upstreamPort: number): Promise<string> {
  const file = join(folder, 'fullmakt.yaml');
  const compiled = await compilePolicies('policies');
  if ('faults' in compiled) throw new Error(compiled.faults.map(({ message }) => message).join('\n'));
  await Promise.all([
    makeSecrets(folder),
    writeFile(file, configuration(upstreamPort)),
    writeFile(join(folder, 'state.yaml'), STATE),
    writeFile(join(folder, 'policy.tar.gz'), compiled.bundle),
  ]);
  const loaded = await loadWithPolicy(file);
  if ('faults' in loaded) throw new Error(renderFaults(loaded.faults));
  const { config } = loaded;
  const store = await openStore(config.store, { durability: 'strict' });
  const state = await readState(join(folder, 'state.yaml'));
  const applied = await applyState(store, state, { peppers: config.secrets.peppers });
  await store.close();
  if ('faults' in applied) throw new Error(renderFaults(applied.faults));
  return file;
}
