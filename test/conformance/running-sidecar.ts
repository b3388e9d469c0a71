import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { answers, Fullmakt, freePort, run } from '../e2e/running-demo.ts';

export interface RunningSidecar {
  readonly proxy: URL;
  readonly upstreamPort: number;
  stop(): Promise<void>;
}

/** `fullmakt sidecar` as docs/conformance.md sets it up, but on free ports. */
export async function startSidecar(): Promise<RunningSidecar> {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), 'fullmakt-conformance-'));
  const example = await readFile('conformance/fullmakt.yaml', 'utf8');
  const ports = { 8080: port, 8082: port + 2, 8090: port + 10 };
  const moved = Object.entries(ports).reduce(
    (text, [from, to]) => text.replace(`127.0.0.1:${from}`, `127.0.0.1:${to}`),
    example,
  );
  await writeFile(join(folder, 'fullmakt.yaml'), moved);
  await cp('conformance/state.yaml', join(folder, 'state.yaml'));
  await succeed(['secrets', '.'], folder);
  await succeed(['policy', 'build', resolve('policies'), '-o', 'policy.tar.gz'], folder);
  await succeed(['apply', '-f', 'state.yaml'], folder);
  const sidecar = new Fullmakt(['sidecar'], { cwd: folder });
  await answers(`http://127.0.0.1:${port + 2}/readyz`);
  return {
    proxy: new URL(`http://127.0.0.1:${port}`),
    upstreamPort: port + 10,
    stop: async () => {
      await sidecar.stop();
      await rm(folder, { recursive: true });
    },
  };
}

async function succeed(args: readonly string[], cwd: string): Promise<void> {
  const { status, stderr } = await run(args, { cwd });
  if (status !== 0) throw new Error(`fullmakt ${args.join(' ')}: ${stderr}`);
}
