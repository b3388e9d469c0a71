import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { z } from 'zod';

const ROOT = join(import.meta.dirname, '../..');
const { opaVersion } = z
  .object({ opaVersion: z.string() })
  .parse(JSON.parse(readFileSync(join(ROOT, 'rego-compiler/manifest.json'), 'utf8')));

/** What our compiler is told that opa-wasm can do. */
export const CAPABILITIES = join(ROOT, 'rego-compiler/capabilities.json');

/**
 * The real `opa`, of the release that our compiler is made of: on the PATH or where `go install` puts it.
 *
 * @returns a function that runs it; undefined, having said so aloud, where there is none
 * @throws Error where there is none and FULLMAKT_REQUIRE holds `opa`
 */
export function realOpa(): Opa | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), join(homedir(), 'go/bin')];
  if (process.env['GOPATH']) folders.push(join(process.env['GOPATH'], 'bin'));
  for (const file of folders.map((folder) => join(folder, 'opa')).filter((path) => existsSync(path))) {
    const opa: Opa = (args, input) => {
      const { status, stdout, stderr } = spawnSync(file, args, { input: input ?? '', encoding: 'utf8' });
      return { good: status === 0, output: stdout, complaint: stderr };
    };
    if (opa(['version']).output.includes(`Version: ${opaVersion}\n`)) return opa;
  }
  if ((process.env['FULLMAKT_REQUIRE'] ?? '').split(',').includes('opa')) {
    throw new Error(`FULLMAKT_REQUIRE names opa, and there is no opa ${opaVersion}`);
  }
  process.stderr.write(`left out: comparisons with the real opa (no opa ${opaVersion} on the PATH)\n`);
  return undefined;
}

type Opa = (args: readonly string[], input?: string) => { good: boolean; output: string; complaint: string };
