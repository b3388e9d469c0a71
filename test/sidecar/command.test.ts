import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { listen } from '../../src/http/listen.ts';
import { fillFolder, KEYS, makeFolder, portOf } from './running-sidecar.ts';

const BIN = resolve('bin/fullmakt');

let folder: string;
let configuration: string;
const waiting: ServerResponse[] = [];
const upstream = createServer((_, response) => waiting.push(response));
beforeAll(async () => {
  await listen(upstream, { host: '127.0.0.1', port: 0 });
  folder = await makeFolder();
  configuration = await fillFolder(folder, portOf(upstream), 'policies');
});
afterAll(async () => {
  upstream.close();
  upstream.closeAllConnections();
  await rm(folder, { recursive: true });
});

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

function start(file: string) {
  const child = spawn(BIN, ['sidecar', '--config', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  started.push(child);
  return child;
}

const Listening = z.object({ msg: z.literal('listening'), listen: z.object({ port: z.number() }) });

/** Waits until it listens, and tells where. */
async function portOfStarted(child: ReturnType<typeof start>): Promise<number> {
  const [line] = await once(child.stdout, 'data');
  return Listening.parse(JSON.parse(String(line).split('\n')[0] ?? '')).listen.port;
}

it('SIGTERM lets a slow answer come to its end, then the process ends with 0', async () => {
  const child = start(configuration);
  const port = await portOfStarted(child);
  const exited = once(child, 'exit');
  const slow = fetch(`http://127.0.0.1:${port}/a/b`, {
    headers: { 'Ocp-Apim-Subscription-Key': KEYS.owner },
  });
  await vi.waitFor(() => expect(waiting).toHaveLength(1));
  child.kill('SIGTERM');
  await vi.waitFor(async () =>
    expect(await fetch(`http://127.0.0.1:${port}/`).catch(() => 'gone')).toBe('gone'),
  );
  waiting[0]?.end('whole');
  expect(await (await slow).text()).toBe('whole');
  expect(await exited).toEqual([0, null]);
});

it('a port in use is told in one line, and the process ends with 1', async () => {
  const taken = portOf(upstream);
  const file = join(folder, 'taken.yaml');
  await writeFile(file, (await readFile(configuration, 'utf8')).replace('127.0.0.1:0', `127.0.0.1:${taken}`));
  const child = start(file);
  const [message, [status]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  expect([message, status]).toEqual([`fullmakt: 127.0.0.1:${taken} is in use\n`, 1]);
});

it('every fault of the configuration is told at its place, nothing listens, and the process ends with 78', async () => {
  const file = join(folder, 'faulty.yaml');
  await writeFile(file, `${await readFile(configuration, 'utf8')}refusals: loud\nunheard: of\n`);
  const child = start(file);
  const [message, output, [status]] = await Promise.all([
    text(child.stderr),
    text(child.stdout),
    once(child, 'exit'),
  ]);
  expect(message.match(/^.*faulty\.yaml:\d+:\d+: /gm)).toHaveLength(2);
  expect([output, status]).toEqual(['', 78]);
});

it('keys whose pepper is no longer listed are told in the log as it starts', async () => {
  const file = join(folder, 'exchanged.yaml');
  await writeFile(join(folder, 'new-pepper'), 'another pepper of thirty-two chars');
  await writeFile(file, (await readFile(configuration, 'utf8')).replace('file:pepper', 'file:new-pepper'));
  const [line] = await once(start(file).stdout, 'data');
  expect(JSON.parse(String(line).split('\n')[0] ?? '')).toMatchObject({
    level: 'error',
    msg: expect.stringMatching(/subscriptions have keys under a pepper that secrets\.pepper does not list/),
  });
});
