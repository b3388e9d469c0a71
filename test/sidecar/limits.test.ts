import { Agent, get, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { KEYS, type RunningSidecar, runSidecar } from './running-sidecar.ts';

let sidecar: RunningSidecar;
beforeAll(async () => {
  sidecar = await runSidecar();
});
afterAll(() => sidecar.close());

const agent = new Agent();

async function ask(key: string, connections = agent): Promise<IncomingMessage> {
  const headers = { 'Ocp-Apim-Subscription-Key': key };
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  get({ port: sidecar.port, host: '127.0.0.1', path: '/a/b', headers, agent: connections }, resolve).on(
    'error',
    reject,
  );
  return promise;
}

it('one user has 256 requests at a time, by whichever of its keys, and takes no place from others', async () => {
  onTestFinished(() => sidecar.forget());
  const waiting: ServerResponse[] = [];
  sidecar.answerWith((_, response) => void waiting.push(response));
  const answers = Array.from({ length: 256 }, (_, index) =>
    ask(index % 2 ? KEYS.owner : KEYS.ownerSecondary),
  );
  await vi.waitFor(() => expect(waiting).toHaveLength(256), { timeout: 10_000 });

  const refused = await ask(KEYS.owner);
  expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '1']);
  expect(JSON.parse(await text(refused))).toMatchObject({ code: 'too_many_requests' });

  const other = ask(KEYS.stranger);
  await vi.waitFor(() => expect(waiting).toHaveLength(257));
  for (const response of waiting) response.end('done');
  for (const answer of [...answers, other]) expect(await text(await answer)).toBe('done');

  sidecar.answerWith((_, response) => response.end('again'));
  await vi.waitFor(async () => expect(await text(await ask(KEYS.owner))).toBe('again'));
});
