import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliDecompress } from 'node:zlib';
import { z } from 'zod';

const manifestSchema = z.strictObject({
  sha256: z.string(),
  size: z.int(),
  goVersion: z.string(),
  opaVersion: z.string(),
});

/** How the committed program was built. */
export type RegoCompilerManifest = Readonly<z.infer<typeof manifestSchema>>;

/** `rego-compiler/` lies at the package's root, beside `src/` and `dist/`. */
const FOLDER = new URL('../../rego-compiler/', import.meta.url);

/** @throws Error if the package is damaged */
export async function regoCompilerManifest(): Promise<RegoCompilerManifest> {
  return manifestSchema.parse(JSON.parse(await readFile(new URL('manifest.json', FOLDER), 'utf8')));
}

/**
 * Unpacks the program, 40 MB of Wasm.
 *
 * @throws Error if it is not the one that the manifest names
 */
export async function regoCompilerWasm(): Promise<Uint8Array<ArrayBuffer>> {
  const { sha256, size } = await regoCompilerManifest();
  const packed = await readFile(new URL('rego-compiler.wasm.br', FOLDER));
  const wasm = await promisify(brotliDecompress)(packed, { maxOutputLength: size });
  if (createHash('sha256').update(wasm).digest('hex') !== sha256) {
    throw new Error('rego-compiler.wasm.br is not the program that its manifest names');
  }
  return wasm;
}
