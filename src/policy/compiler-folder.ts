import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PolicyFaultAt } from './compiler-fault.ts';

/** A file that belongs to a policy. */
export interface PolicyFile {
  /** Relative to the folder, with slashes. */
  readonly path: string;
  readonly text: string;
}

const POLICY_FILE = /^(?:.+\.rego|data\.(?:json|ya?ml))$/;

/**
 * Reads the files of a policy folder that count by OPA's rule for bundles: `*.rego`, and `data.json` and
 * `data.yaml`, at any depth. Hidden entries do not: editors' copies, and what Kubernetes keeps beside the files
 * of a ConfigMap.
 *
 * @returns the files in a fixed order, or every fault that kept one from being read
 */
export async function readPolicyFolder(
  directory: string,
): Promise<{ files: readonly PolicyFile[] } | { faults: readonly PolicyFaultAt[] }> {
  const files: PolicyFile[] = [];
  const faults: PolicyFaultAt[] = [];
  for await (const path of policyPaths(directory, '', faults)) {
    const file = join(directory, path);
    try {
      files.push({ path, text: decode(await readFile(file)) });
    } catch (error) {
      faults.push(unreadable(file, reasonOf(error)));
    }
  }
  if (faults.length > 0) return { faults };
  if (!files.some(({ path }) => path.endsWith('.rego'))) {
    return { faults: [unreadable(directory, 'holds no .rego file')] };
  }
  return { files };
}

async function* policyPaths(
  directory: string,
  prefix: string,
  faults: PolicyFaultAt[],
): AsyncGenerator<string> {
  let entries: Dirent[];
  try {
    entries = await readdir(join(directory, prefix), { withFileTypes: true });
  } catch (error) {
    faults.push(unreadable(join(directory, prefix), reasonOf(error)));
    return;
  }
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    const path = `${prefix}${entry.name}`;
    if (entry.isDirectory()) {
      yield* policyPaths(directory, `${path}/`, faults);
    } else if (entry.isSymbolicLink() && (await leadsToFolder(join(directory, path)))) {
      // Not followed, for it may lead back here; not passed over either, for rules may be in it.
      faults.push(unreadable(join(directory, path), 'a link to a folder is not followed'));
    } else if (POLICY_FILE.test(entry.name)) {
      yield path;
    }
  }
}

async function leadsToFolder(link: string): Promise<boolean> {
  const target = await stat(link).catch(() => undefined); // a dead link fails when it is read
  return target?.isDirectory() ?? false;
}

/** @throws TypeError ERR_ENCODING_INVALID_ENCODED_DATA */
function decode(bytes: Uint8Array): string {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'no such folder or file',
  ENOTDIR: 'not a folder',
  EISDIR: 'a folder, not a file',
  EACCES: 'no right to read it',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'not UTF-8',
};

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return REASONS[code] ?? `cannot be read (${code})`;
}

function unreadable(file: string, message: string): PolicyFaultAt {
  return { file, line: 0, column: 0, code: 'unreadable', message, source: '' };
}
