import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkPolicies, compilePolicies, testPolicies } from '../../src/policy/compiler.ts';
import type { PolicyFaultAt } from '../../src/policy/compiler-fault.ts';
import { BROKEN, type BrokenPolicy } from './fixtures/broken.ts';
import { policyFolder } from './policy-folder.ts';
import { CAPABILITIES, realOpa } from './real-opa.ts';

const opa = realOpa();

interface Checked {
  readonly folder: Awaited<ReturnType<typeof policyFolder>>;
  readonly faults: readonly PolicyFaultAt[];
}
const checked = new Map<string, Checked>();

beforeAll(async () => {
  const check = async ([stage, policies]: readonly [string, readonly BrokenPolicy[]]): Promise<void> => {
    const folder = await policyFolder({ ...filesOf(policies), 'good.rego': 'package good\n\nx := 1\n' });
    const { faults } = await checkPolicies(folder.path);
    checked.set(stage, { folder, faults: faults.map((fault) => relative(fault, folder.path)) });
  };
  await Promise.all(Object.entries(BROKEN).map(check));
});

afterAll(async () => {
  for (const { folder } of checked.values()) await folder[Symbol.asyncDispose]();
});

describe.each(Object.entries(BROKEN))('mistakes found in %s', (stage, policies) => {
  const checkedStage = (): Checked => {
    const found = checked.get(stage);
    if (found === undefined) throw new Error(`${stage} was not checked`);
    return found;
  };

  test.each(policies)('$claim', (policy) => {
    const files = Object.keys(policy.files);
    const found = checkedStage()
      .faults.filter(({ file }) => files.includes(file))
      .map(({ file, line, column, code, message }) => `${file}:${line}:${column} ${code} ${message}`);
    expect(found).toEqual(policy.faults);
  });

  test('nothing else is reported, and every fault shows its line', () => {
    const { faults } = checkedStage();
    expect(faults).toHaveLength(policies.flatMap((policy) => policy.faults).length);
    const sources = filesOf(policies);
    for (const { file, line, source } of faults) {
      expect(source).toBe(sources[file]?.split('\n')[line - 1]);
    }
  });

  test.skipIf(opa === undefined)('the real opa finds the same', () => {
    const { folder, faults } = checkedStage();
    // `opa check` reads data only to merge it: it reports it without a place, or not at all.
    const ours = faults.filter(
      ({ code, message }) => code !== 'data_error' && !message.includes('data path'),
    );
    expect(opaFaults(folder.path)).toEqual(ours.map(asOpaHasIt).sort());
  });
});

test('building and testing refuse what checking refuses', async () => {
  await using folder = await policyFolder({ 'p.rego': 'package fullmakt\n\nx if time.now_ns() > 0\n' });
  const expected = { line: 3, column: 6, message: 'undefined function time.now_ns' };
  for (const result of await Promise.all([compilePolicies(folder.path), testPolicies(folder.path)])) {
    expect(result).toMatchObject({ faults: [{ ...expected, file: join(folder.path, 'p.rego') }] });
  }
});

function filesOf(policies: readonly BrokenPolicy[]): Record<string, string> {
  return Object.fromEntries(policies.flatMap(({ files }) => Object.entries(files)));
}

function relative(fault: PolicyFaultAt, folder: string): PolicyFaultAt {
  return { ...fault, file: fault.file.slice(folder.length + 1) };
}

const opaReport = z.object({
  errors: z.array(
    z.object({
      message: z.string(),
      code: z.string().optional(),
      location: z.object({ file: z.string(), row: z.int() }).optional(),
    }),
  ),
});

/** `file:line code message` of each of Rego's faults. */
function opaFaults(folder: string): string[] {
  const args = ['check', '--strict', '--format', 'json', '--max-errors', '0', '--capabilities', CAPABILITIES];
  const { good, complaint } = opa?.([...args, folder]) ?? { good: true, complaint: '' };
  if (good) return [];
  const { errors } = opaReport.parse(JSON.parse(complaint));
  return errors
    .flatMap(({ message, code, location }) =>
      location === undefined ? [] : [`${location.file}:${location.row} ${code} ${message}`],
    )
    .map((line) => line.replaceAll(`${folder}/`, ''))
    .sort();
}

/** Where ours differ on purpose: an empty file's fault is at its line 1, a conflict's at the last of its rules. */
function asOpaHasIt({ file, line, code, message }: PolicyFaultAt): string {
  const [headline = ''] = message.split('\n');
  const row = headline === 'empty module' ? 0 : headline.includes(' found at ') ? 1 : line;
  return `${file}:${row} ${code} ${headline}`;
}
