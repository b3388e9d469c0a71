import { expect, it, onTestFinished, vi } from 'vitest';
import { KEYS, runSidecar } from './running-sidecar.ts';

it('without the store, unknown callers are refused at once, and known ones when it has been silent too long', async () => {
  const sidecar = await runSidecar('policies', 'maxStaleness: 1s');
  onTestFinished(() => sidecar.close());
  const ask = async (key: string) => {
    const headers = { 'Ocp-Apim-Subscription-Key': key };
    const response = await fetch(`http://127.0.0.1:${sidecar.port}/details`, { headers });
    return {
      status: response.status,
      retryAfter: response.headers.get('retry-after'),
      body: await response.text(),
    };
  };
  expect(await ask(KEYS.owner)).toMatchObject({ status: 200 });

  await sidecar.store.close();
  const unknown = await ask(KEYS.stranger);
  expect(unknown).toMatchObject({
    status: 503,
    retryAfter: '5',
    body: expect.stringContaining('store_stale'),
  });

  const ready = () => fetch(`http://127.0.0.1:${sidecar.managementPort}/readyz`);
  await vi.waitFor(async () => expect((await ready()).status).toBe(503), { timeout: 10_000 });
  expect(await (await ready()).text()).toBe('no word from the store\n');
  expect(await ask(KEYS.owner)).toMatchObject({ status: 503, retryAfter: '5' });
  expect((await fetch(`http://127.0.0.1:${sidecar.managementPort}/livez`)).status).toBe(200);
});
