// Builds rego-compiler/ (needs Go) into what is committed beside its source: the packed Wasm, its manifest, the
// licence notices, and the capabilities that it has inside. `--check` builds, writes nothing, and ends with
// status 1 if what is committed is not what the source gives.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { z } from 'zod';
import { licenceNotices } from './licence-notices.ts';

const SOURCE = fileURLToPath(new URL('../rego-compiler/', import.meta.url));
const PACKED = 'rego-compiler.wasm.br';

/** The release that go.mod names, so that every machine gets the same bytes: Go fetches it where it is missing. */
const toolchain = match(readFileSync(join(SOURCE, 'go.mod'), 'utf8'), /^toolchain (go[\d.]+)$/m);

function match(text: string, pattern: RegExp): string {
  const found = pattern.exec(text)?.[1];
  if (found === undefined) throw new Error(`nothing matches ${pattern}`);
  return found;
}

function go(...args: string[]): string {
  const { status, error, stdout } = spawnSync('go', args, {
    cwd: SOURCE,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      GOTOOLCHAIN: toolchain,
      GOOS: 'wasip1',
      GOARCH: 'wasm',
      CGO_ENABLED: '0',
      GOWORK: 'off',
      // Settings of the machine that would change the bytes.
      GOFLAGS: '-mod=readonly',
      GOWASM: '',
      GOEXPERIMENT: '',
      GODEBUG: '',
    },
  });
  if (error !== undefined) throw new Error(`cannot run go: ${error.message}`);
  if (status !== 0) throw new Error(`go ${args[0]} ended with status ${status}`);
  return stdout;
}

/**
 * What opa-wasm lists, less what neither it nor OPA's Wasm implements (a call of those would compile and then fail
 * at every evaluation), plus the one feature that Rego v1 needs.
 */
function capabilities(): string {
  const file = new URL('../node_modules/@open-policy-agent/opa-wasm/capabilities.json', import.meta.url);
  const listed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const { builtins, ...others } = z
    .looseObject({ builtins: z.array(z.looseObject({ name: z.string() })) })
    .parse(listed);
  const unimplemented = new Set(['rand.intn', 'time.diff']);
  const implemented = builtins.filter(({ name }) => !unimplemented.has(name));
  return `${JSON.stringify({ builtins: implemented, ...others, features: ['rego_v1'] }, null, 2)}\n`;
}

function buildWasm(): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'rego-compiler-'));
  try {
    const file = join(folder, 'rego-compiler.wasm');
    // -trimpath, no VCS stamp and no build id: nothing of the machine or the commit gets into the bytes.
    go('build', '-trimpath', '-buildvcs=false', '-ldflags=-s -w -buildid=', '-o', file, '.');
    return readFileSync(file);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function manifestOf(wasm: Buffer): string {
  const opaVersion = go('list', '-m', '-f', '{{.Version}}', 'github.com/open-policy-agent/opa').trim();
  const manifest = {
    sha256: sha256(wasm),
    size: wasm.byteLength,
    goVersion: toolchain.replace(/^go/, ''),
    opaVersion: opaVersion.replace(/^v/, ''),
  };
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function pack(wasm: Buffer): Buffer {
  return brotliCompressSync(wasm, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: wasm.byteLength,
    },
  });
}

/** Compares unpacked: releases of brotli may pack the same bytes otherwise. */
function check(wasm: Buffer, texts: ReadonlyMap<string, string>): boolean {
  const stale = [...texts].flatMap(([name, text]) =>
    readFileSync(join(SOURCE, name), 'utf8') === text ? [] : [name],
  );
  if (!brotliDecompressSync(readFileSync(join(SOURCE, PACKED))).equals(wasm)) stale.push(PACKED);
  for (const name of stale) console.error(`rego-compiler/${name} is not what its source gives`);
  if (stale.length > 0) console.error('run npm run build:rego-compiler and commit');
  return stale.length === 0;
}

const checking = process.argv.includes('--check');
const texts = new Map([['capabilities.json', capabilities()]]);
if (!checking) writeFileSync(join(SOURCE, 'capabilities.json'), capabilities()); // goes into the build
const wasm = buildWasm();
texts.set('manifest.json', manifestOf(wasm)).set('NOTICE', licenceNotices(go));
if (checking) {
  if (!check(wasm, texts)) process.exit(1);
  console.log(`rego-compiler is what its source gives: sha256 ${sha256(wasm)}`);
} else {
  for (const [name, text] of texts) writeFileSync(join(SOURCE, name), text);
  writeFileSync(join(SOURCE, PACKED), pack(wasm));
  console.log(`rego-compiler built: sha256 ${sha256(wasm)}`);
}
