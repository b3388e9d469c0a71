import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { listen } from '../../src/http/listen.ts';
import { KEYS, portOf, type RunningSidecar, runSidecar } from './running-sidecar.ts';

/** What README.md shows backends. */
interface Snippet {
  callerOf(request: IncomingMessage): Promise<{ userId: string; email: string }>;
}

const opened = new AsyncDisposableStack();
afterAll(() => opened.disposeAsync());

let sidecar: RunningSidecar;
let snippet: Snippet;
beforeAll(async () => {
  sidecar = await runSidecar();
  opened.defer(() => sidecar.close());
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const source = /```js\n([^]*?callerOf[^]*?)```/.exec(readme)?.[1] ?? '';
  const folder = await mkdtemp(join(tmpdir(), 'fullmakt-readme-'));
  opened.defer(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'backend'));
  await symlink(new URL('../../node_modules', import.meta.url).pathname, join(folder, 'node_modules'));
  const file = join(folder, 'backend', 'caller.mjs');
  await writeFile(
    file,
    source
      .replace('127.0.0.1:8082', `127.0.0.1:${sidecar.managementPort}`)
      .replace("audience: 'products'", "audience: 'backend'"),
  );
  snippet = await import(pathToFileURL(file).href);
});

it('the README’s snippet tells a backend who asks', async () => {
  sidecar.answerWith((request, response) => {
    void snippet.callerOf(request).then((caller) => response.end(JSON.stringify(caller)));
  });
  const answer = await fetch(`http://127.0.0.1:${sidecar.port}/details/open`, {
    headers: { 'Ocp-Apim-Subscription-Key': KEYS.owner },
  });
  expect(await answer.json()).toEqual({ userId: expect.any(String), email: 'api@wholesaler.no' });
});

it('the README’s snippet takes no request that came past the sidecar', async () => {
  const verdicts: string[] = [];
  const backend = createServer((request, response) => {
    const verdict = snippet.callerOf(request).then(
      () => 'taken',
      (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'failed'),
    );
    void verdict.then((word) => verdicts.push(word)).then(() => response.end());
  });
  await listen(backend, { host: '127.0.0.1', port: 0 });
  opened.defer(() => void backend.close());
  const unsigned = [{ alg: 'none' }, { sub: 'u-1', iss: 'fullmakt', aud: 'backend', exp: 4e9 }];
  const forged = `${unsigned.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;
  for (const headers of [{}, { 'Fullmakt-Identity': forged }])
    await fetch(`http://127.0.0.1:${portOf(backend)}/`, { headers });
  expect(verdicts).toEqual(['ERR_JWS_INVALID', 'ERR_JOSE_ALG_NOT_ALLOWED']);
});
