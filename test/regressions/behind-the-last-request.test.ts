import { afterAll, beforeAll, expect, it } from 'vitest';
import { KEYS, type RunningSidecar, readAnswer, runSidecar, sendRaw } from '../sidecar/running-sidecar.ts';

let sidecar: RunningSidecar;
beforeAll(async () => {
  sidecar = await runSidecar();
});
afterAll(() => sidecar.close());

it('a request that says it is the last is answered, and what comes behind it is not read', async () => {
  const head = (path: string) =>
    `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nOcp-Apim-Subscription-Key: ${KEYS.owner}\r\n\r\n`;
  const raw = await sendRaw(sidecar.port, head('/details') + head('/details/open'));
  expect(readAnswer(raw)).toMatchObject({ status: 200, body: '[]' });
  expect(raw.split('HTTP/1.1')).toHaveLength(2);
  expect(sidecar.upstreamRequests).toEqual(['GET /details']);
});
