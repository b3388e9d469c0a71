import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import type { DemoFacts } from '../../src/demo/facts.ts';

const BIN = resolve('bin/fullmakt');

/** Five ports that were free a moment ago, as `--port` takes them: N, N+1, N+2 and N+10. */
export async function freePort(): Promise<number> {
  const isFree = async (port: number) => {
    const server = createServer();
    try {
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      return true;
    } catch {
      return false;
    } finally {
      server.close();
    }
  };
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 30_000);
    const free = await Promise.all([0, 1, 2, 10].map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A started `fullmakt`, its output gathered. */
export class Fullmakt {
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #ended: Promise<unknown>;
  stdout = '';
  stderr = '';

  constructor(args: readonly string[], options: { readonly cwd?: string } = {}) {
    this.#child = spawn(BIN, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    this.#ended = once(this.#child, 'close');
    this.#child.stdout.on('data', (data) => (this.stdout += String(data)));
    this.#child.stderr.on('data', (data) => (this.stderr += String(data)));
  }

  async ended(): Promise<Ended> {
    await this.#ended;
    return { status: this.#child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }

  /** Resolves when the output holds the text; rejects when the process ends without it. */
  async printed(text: string): Promise<void> {
    while (!this.stdout.includes(text)) {
      if (this.#child.exitCode !== null)
        throw new Error(`ended with ${this.#child.exitCode}: ${this.stderr}`);
      await Promise.race([once(this.#child.stdout, 'data'), this.#ended]);
    }
  }

  async stop(): Promise<Ended> {
    this.#child.kill('SIGTERM');
    return this.ended();
  }
}

/** Runs a command of Fullmakt to its end. */
export function run(args: readonly string[], options: { readonly cwd?: string } = {}): Promise<Ended> {
  return new Fullmakt(args, options).ended();
}

/** Resolves when the address answers with 200. */
export async function answers(url: string): Promise<void> {
  const status = () =>
    fetch(url).then(
      (response) => response.status,
      () => undefined,
    );
  while ((await status()) !== 200) await setTimeout(50);
}

export class RunningDemo {
  readonly process: Fullmakt;
  readonly facts: DemoFacts;
  readonly backend: string;
  readonly folder: string;

  private constructor(process: Fullmakt, facts: DemoFacts, port: number, folder: string) {
    this.process = process;
    this.facts = facts;
    this.backend = `http://127.0.0.1:${port + 10}`;
    this.folder = folder;
  }

  /** `fullmakt dev` on free ports, in the checkout unless told otherwise, with a data folder of its own. */
  static async start(
    options: { readonly args?: readonly string[]; readonly cwd?: string } = {},
  ): Promise<RunningDemo> {
    const folder = await mkdtemp(join(tmpdir(), 'fullmakt-demo-'));
    const port = await freePort();
    const process = new Fullmakt(
      ['dev', '--port', String(port), '--data', folder, ...(options.args ?? [])],
      options.cwd === undefined ? {} : { cwd: options.cwd },
    );
    await process.printed('Ctrl+C');
    const facts: DemoFacts = JSON.parse(await readFile(join(folder, 'demo.json'), 'utf8'));
    return new RunningDemo(process, facts, port, folder);
  }

  /** Asks the sidecar as one of the demo's callers. */
  get(path: string, caller?: keyof DemoFacts['keys'], init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (caller !== undefined) headers.set('Ocp-Apim-Subscription-Key', this.facts.keys[caller]);
    return fetch(`${this.facts.sidecar}${path}`, { ...init, headers });
  }

  async stop(): Promise<Ended> {
    const ended = await this.process.stop();
    await rm(this.folder, { recursive: true });
    return ended;
  }
}
