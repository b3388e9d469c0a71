import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeFileError, isMissing } from './file-error.ts';
import { isMadeSecret } from './new-secrets.ts';
import type { YamlPath } from './yaml-file.ts';

/** Where `${…}` finds its values. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** From a path as it was written to an absolute one. */
  readonly resolvePath: (written: string) => string;
}

export interface Interpolated {
  /** The same value with every text filled in. */
  readonly value: unknown;
  /** The texts that something was put into: what stands in the file is not what they say. */
  readonly filled: readonly YamlPath[];
  /** The texts that could not be filled in, and why. */
  readonly failed: readonly { readonly path: YamlPath; readonly message: string }[];
}

/** `${…}`, or `$${` which stands for `${`. */
const PLACEHOLDER = /\$\$\{|\$\{([^}]*)(\}?)/g;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;
const FORMS = 'only ${NAME} and ${file:PATH} can be put in ($${ stands for ${)';

/**
 * Puts environment variables and files into the texts of a parsed file. Since it works on values, what is put
 * in is always text: it can begin no list and end no quote. Names of members are left alone.
 */
export async function interpolate(value: unknown, surroundings: Surroundings): Promise<Interpolated> {
  const filled: YamlPath[] = [];
  const failed: { path: YamlPath; message: string }[] = [];

  async function walk(node: unknown, path: YamlPath): Promise<unknown> {
    if (typeof node === 'string') return fill(node, path);
    if (Array.isArray(node)) return Promise.all(node.map((item, index) => walk(item, [...path, index])));
    if (typeof node !== 'object' || node === null) return node;
    const members = Object.entries(node).map(async ([name, member]) => [
      name,
      await walk(member, [...path, name]),
    ]);
    return Object.fromEntries(await Promise.all(members)) as unknown;
  }

  async function fill(text: string, path: YamlPath): Promise<string> {
    const matches = [...text.matchAll(PLACEHOLDER)];
    if (matches.length === 0) return text;
    filled.push(path);
    let result = '';
    let end = 0;
    for (const match of matches) {
      const replacement = match[0] === '$${' ? '${' : await lookUp(match, surroundings);
      if (typeof replacement !== 'string') failed.push({ path, message: replacement.fault });
      else result += text.slice(end, match.index) + replacement;
      end = match.index + match[0].length;
    }
    return result + text.slice(end);
  }

  return { value: await walk(value, []), filled, failed };
}

async function lookUp(
  [, name = '', end]: readonly (string | undefined)[],
  { environment, resolvePath }: Surroundings,
): Promise<string | { readonly fault: string }> {
  const path = /^file:([^${]+)$/.exec(name)?.[1];
  if (end !== '}' || (path === undefined && !VARIABLE.test(name))) return { fault: FORMS };
  if (path !== undefined) return readSecretFile(resolvePath(path));
  const variable = Object.hasOwn(environment, name) ? environment[name] : undefined;
  return variable ?? { fault: `the environment variable ${name} is not set` };
}

async function readSecretFile(file: string): Promise<string | { readonly fault: string }> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
    return text.replace(/\r?\n$/, '');
  } catch (error) {
    const fault = `${file} ${describeFileError(error)}`;
    if (!isMissing(error) || !isMadeSecret(file)) return { fault };
    return { fault: `${fault}; make it with: fullmakt secrets ${dirname(file)}` };
  }
}
