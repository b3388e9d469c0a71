import { readFile, stat } from 'node:fs/promises';
import { arrayBuffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { z } from 'zod';
import { describeFileError, isMissing } from '../config/file-error.ts';

/** A compiled policy with its data, as OPA packs them. */
export interface Bundle {
  readonly wasm: Uint8Array<ArrayBuffer>;
  /** JSON text in UTF-8, an object: the policy's `data`. Kept as text, for a parse would round its numbers. */
  readonly data: Uint8Array<ArrayBuffer>;
  /** Names the policy in logs; may be empty. */
  readonly revision: string;
  /** Whether a rule reads `input.now`, so that an answer may change as time goes by. True unless known. */
  readonly readsNow: boolean;
}

/** Why a file is no bundle that can be relied on. */
export interface BundleFault {
  readonly fault: string;
}

const MIB = 1024 * 1024;
const MAX_PACKED_BYTES = 32 * MIB;
const MAX_UNPACKED_BYTES = 128 * MIB;

const PARTS = ['.manifest', 'policy.wasm', 'data.json'] as const;
type Part = (typeof PARTS)[number];

const manifestSchema = z.object({
  revision: z.string(),
  wasm: z.array(z.object({ entrypoint: z.string(), module: z.literal('/policy.wasm') })),
  metadata: z.object({ fullmakt: z.object({ readsNow: z.boolean().optional() }).optional() }).optional(),
});

/**
 * Reads a bundle file.
 *
 * @param file path of a `.tar.gz` made by `fullmakt policy build` or `opa build -t wasm`
 * @returns the bundle, or a fault that names the file; never rejects
 */
export async function readBundle(file: string): Promise<Bundle | BundleFault> {
  let packed: Uint8Array;
  try {
    const { size } = await stat(file);
    if (size > MAX_PACKED_BYTES) return { fault: `${file}: larger than ${MAX_PACKED_BYTES / MIB} MiB` };
    packed = await readFile(file);
  } catch (error) {
    const fault = `${file} ${describeFileError(error)}`;
    if (!isMissing(error)) return { fault };
    return { fault: `${fault}; make it with: fullmakt policy build -o ${file} DIR` };
  }
  const bundle = await parseBundle(packed);
  return 'fault' in bundle ? { fault: `${file}: ${bundle.fault}` } : bundle;
}

/**
 * Reads a bundle's bytes: a gzipped tar archive with `/.manifest`, `/policy.wasm` and, where there is data,
 * `/data.json`. Rego sources beside them are ignored.
 *
 * @returns the bundle, or the first fault found; never rejects
 * @see https://www.openpolicyagent.org/docs/management-bundles#bundle-file-format
 */
export async function parseBundle(packed: Uint8Array): Promise<Bundle | BundleFault> {
  const archive = await unpack(packed);
  if ('fault' in archive) return archive;
  const parts = await partsOf(archive.bytes);
  if ('fault' in parts) return parts;
  const manifest = parseManifest(parts.get('.manifest'));
  if ('fault' in manifest) return manifest;
  const wasm = parts.get('policy.wasm');
  if (wasm === undefined) return { fault: 'no policy.wasm in it' };
  const data = parts.get('data.json') ?? new TextEncoder().encode('{}');
  if (!isObject(parseJson(data))) return { fault: 'data.json is not a JSON object in UTF-8' };
  return { ...manifest, wasm, data };
}

async function unpack(packed: Uint8Array): Promise<{ bytes: Uint8Array } | BundleFault> {
  if (packed.byteLength > MAX_PACKED_BYTES) return { fault: `larger than ${MAX_PACKED_BYTES / MIB} MiB` };
  try {
    return { bytes: await promisify(gunzip)(packed, { maxOutputLength: MAX_UNPACKED_BYTES }) };
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') {
      return { fault: `unpacks to more than ${MAX_UNPACKED_BYTES / MIB} MiB` };
    }
    return { fault: `not a gzipped file, or a damaged one (${codeOf(error)})` };
  }
}

async function partsOf(archive: Uint8Array): Promise<Map<Part, Uint8Array<ArrayBuffer>> | BundleFault> {
  const parts = new Map<Part, Uint8Array<ArrayBuffer>>();
  const entries = extract();
  entries.end(archive);
  try {
    for await (const entry of entries) {
      const name = entry.header.name.replace(/^(?:\.?\/)+/, '');
      const part = PARTS.find((known) => known === name);
      if (part === undefined) {
        // OPA merges all data into one file: data that we would not load must not be missed in silence.
        if (/(?:^|\/)data\.(?:json|ya?ml)$/.test(name)) return { fault: `holds ${name} beside data.json` };
        entry.resume();
        continue;
      }
      if (entry.header.type !== 'file') return { fault: `${part} is not a plain file` };
      if (parts.has(part)) return { fault: `holds ${part} twice` };
      parts.set(part, new Uint8Array(await arrayBuffer(entry)));
    }
  } catch {
    return { fault: 'not a tar archive, or a damaged one' };
  }
  return parts;
}

function parseManifest(text: Uint8Array | undefined): Pick<Bundle, 'revision' | 'readsNow'> | BundleFault {
  if (text === undefined) return { fault: 'no .manifest in it' };
  const manifest = manifestSchema.safeParse(parseJson(text));
  if (!manifest.success) {
    const faults = manifest.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    return { fault: `a faulty .manifest (${faults.join('; ')})` };
  }
  const { revision, metadata } = manifest.data;
  return { revision, readsNow: metadata?.fullmakt?.readsNow ?? true };
}

/** The value of strict UTF-8 JSON text; undefined if it is not that. */
function parseJson(text: Uint8Array): unknown {
  try {
    // A byte order mark is kept, and so refused: OPA's parser knows none (RFC 8259, section 8.1).
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}
