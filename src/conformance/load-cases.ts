import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { CaseFile, type ConformanceCase } from './case.ts';
import type { Texts } from './payload.ts';

const FOLDER = fileURLToPath(new URL('../../conformance/', import.meta.url));

export interface CaseSet {
  readonly cases: readonly ConformanceCase[];
  readonly texts: Texts;
}

/**
 * Reads the cases of the package, families in the order of their files' names.
 * @throws Error that names the file
 */
export async function loadCases(folder = FOLDER): Promise<CaseSet> {
  const texts = await read(join(folder, 'texts.yaml'), z.record(z.string(), z.string()));
  const names = (await readdir(join(folder, 'cases'))).filter((name) => name.endsWith('.yaml')).sort();
  const families = await Promise.all(names.map((name) => read(join(folder, 'cases', name), CaseFile)));
  const cases = families.flatMap(toCases);
  const ids = new Set<string>();
  for (const { id } of cases) {
    if (ids.has(id)) throw new Error(`two cases are called ${id}`);
    ids.add(id);
  }
  return { cases, texts: new Map(Object.entries(texts)) };
}

async function read<T>(file: string, schema: z.ZodType<T>): Promise<T> {
  const parsed = schema.safeParse(parse(await readFile(file, 'utf8')));
  if (parsed.success) return parsed.data;
  throw new Error(`${file}: ${z.prettifyError(parsed.error)}`);
}

function toCases({ family, cases }: CaseFile): readonly ConformanceCase[] {
  return cases.map((entry) => {
    const { id, attack, source } = entry;
    const steps = 'steps' in entry ? entry.steps : [entry];
    const alike = 'steps' in entry ? entry.alike : undefined;
    const needsOther = steps.some(
      ({ request }) =>
        ('key' in request && request.key === 'other') || JSON.stringify(request).includes('<other-key>'),
    );
    return { id, family, attack, source, steps, alike, needsOther };
  });
}
