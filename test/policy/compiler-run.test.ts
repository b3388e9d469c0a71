import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { runRegoCompiler } from '../../src/policy/compiler-run.ts';
import { policyFolder } from './policy-folder.ts';

const ROOT = join(import.meta.dirname, '../..');

test.concurrent('a compiler that is asked for what it cannot do says so in one line', async () => {
  await expect(runRegoCompiler('{"verb": "brew", "files": []}', 20_000)).rejects.toThrow(
    /^the Rego compiler ended with status 1: unknown verb "brew"$/,
  );
});

test.concurrent('a compiler that takes too long is ended', async () => {
  const squares =
    'count([1 | some a in numbers.range(1, 9999); some b in numbers.range(1, 9999); a < b]) > 0';
  const files = [{ path: 'p_test.rego', text: `package p_test\n\ntest_squares if ${squares}\n` }];
  await expect(runRegoCompiler(JSON.stringify({ verb: 'test', files }), 1_500)).rejects.toThrow(
    'the Rego compiler took longer than 1.5 s and was ended',
  );
});

test.concurrent('many megabytes get in and out', async () => {
  const values = Array.from({ length: 2_000 }, () => randomBytes(500).toString('hex'));
  const files = [
    { path: 'data.json', text: JSON.stringify({ values }) },
    { path: 'p.rego', text: 'package fullmakt\n\nrequest := {}\n\nitems := data.values\n' },
  ];
  const answer = await runRegoCompiler(JSON.stringify({ verb: 'build', files }), 20_000);
  expect(answer.length).toBeGreaterThan(1_000_000);
});

test.concurrent('a compiler that is not the one of the manifest is not run', async () => {
  await using folder = await policyFolder({});
  await mkdir(join(folder.path, 'src'));
  await cp(join(ROOT, 'src/policy'), join(folder.path, 'src/policy'), { recursive: true });
  await cp(join(ROOT, 'rego-compiler'), join(folder.path, 'rego-compiler'), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
  const manifest = join(folder.path, 'rego-compiler/manifest.json');
  const text = await readFile(manifest, 'utf8');
  await writeFile(manifest, text.replace(/"sha256": "..../, '"sha256": "0000'));

  const running = promisify(execFile)(process.execPath, [
    join(folder.path, 'src/policy/compiler-process.ts'),
  ]);
  await expect(running).rejects.toThrow(/rego-compiler\.wasm\.br is not the program that its manifest names/);
});
