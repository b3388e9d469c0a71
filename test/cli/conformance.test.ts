import { expect, it } from 'vitest';
import { freePort, run } from '../e2e/running-demo.ts';

it('says in one line that nobody listens where the proxy should be', async () => {
  const [proxy, upstream] = [await freePort(), await freePort()];
  const args = [
    '--proxy',
    `http://127.0.0.1:${proxy}`,
    '--upstream-port',
    String(upstream),
    '--key',
    'a-key',
  ];
  expect(await run(['conformance', ...args])).toMatchObject({
    stderr: `fullmakt: nobody listens at 127.0.0.1:${proxy}\n`,
    status: 1,
  });
});

it('names the families when there is none like that', async () => {
  const args = ['--proxy', 'http://127.0.0.1:8080', '--upstream-port', '8090', '--key', 'a-key'];
  const { status, stderr } = await run(['conformance', ...args, '--family', 'header']);
  expect(stderr).toContain('no such case; the families are plain use, conditional and range requests, HEAD');
  expect(status).toBe(1);
});
