import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it, onTestFinished } from 'vitest';
import { certify, makeAuthority } from '../certificates.ts';
import { AdminRig } from './rig.ts';

it('the admin service speaks TLS where its configuration names a certificate, and says so in its own address', async () => {
  const authority = makeAuthority();
  const { certificate, key } = certify(authority, 'admin');
  const folder = await mkdtemp(join(tmpdir(), 'fullmakt-admin-tls-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const files = { certificate: join(folder, 'admin.crt'), key: join(folder, 'admin.key') };
  await writeFile(files.certificate, certificate);
  await writeFile(files.key, key);
  const rig = await AdminRig.start({ adminKeys: `tls: ${JSON.stringify(files)}` });
  onTestFinished(() => rig.close());
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const url = rig.url.replace('http:', 'https:');
  get(`${url}/livez`, { ca: authority.certificate, agent: false }, (answer) => resolve(text(answer))).on(
    'error',
    reject,
  );
  expect(await promise).toBe('ok\n');
  await expect(fetch(`${rig.url}/livez`)).rejects.toThrow();
  expect(rig.config.admin.publicUrl.protocol).toBe('https:');
});
