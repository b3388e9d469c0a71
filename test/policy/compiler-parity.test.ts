import { join } from 'node:path';
import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { checkPolicies, formatPolicies, type PolicyTest, testPolicies } from '../../src/policy/compiler.ts';
import { compiledBundle } from './compiled-policy.ts';
import { BUILTIN_INPUTS, STOCK_INPUTS } from './fixtures/policy-inputs.ts';
import { policyFolder } from './policy-folder.ts';
import { realOpa } from './real-opa.ts';

const STOCK = 'test/policy/fixtures/stock';
const BUILTINS = 'test/policy/fixtures/builtins';
const FAILING = 'test/policy/fixtures/failing';

const opa = realOpa();

/** What a policy makes of an input: a list of one value, or none where it is undefined. */
type Evaluate = (input: unknown) => { request: unknown[]; items: unknown[] };

async function evaluation(directory: string): Promise<Evaluate> {
  const { wasm, data } = await compiledBundle(directory);
  const policy = await loadPolicy(wasm.buffer);
  policy.setData(data.buffer);
  const evaluate = (input: unknown, entrypoint: string): unknown[] =>
    resultSet.parse(policy.evaluate(input, entrypoint)).map(({ result }) => result);
  return (input) => ({
    request: evaluate(input, 'fullmakt/request'),
    items: evaluate(input, 'fullmakt/items'),
  });
}

describe('the compiled Wasm', () => {
  let stock: Evaluate;
  let builtins: Evaluate;
  beforeAll(async () => {
    [stock, builtins] = await Promise.all([evaluation(STOCK), evaluation(BUILTINS)]);
  });

  test.each(STOCK_INPUTS)('decides $claim', ({ input, request, items }) => {
    expect(stock(input)).toEqual({ request: [request], items: [items] });
  });

  test.skipIf(opa === undefined)('decides as opa eval does', () => {
    const inputs = STOCK_INPUTS.map(({ input }) => input);
    expect(inputs.map((input) => stock(input))).toEqual(opaEvaluations(STOCK, inputs));
  });

  test.skipIf(opa === undefined)('computes as opa eval does', () => {
    expect(BUILTIN_INPUTS.map((input) => builtins(input))).toEqual(opaEvaluations(BUILTINS, BUILTIN_INPUTS));
  });
});

describe.skipIf(opa === undefined)('the real opa beside ours', () => {
  test.each(['policies', FAILING])('has the same outcome of every test in %s', async (directory) => {
    const tested = await testPolicies(directory);
    expect('tests' in tested && tested.tests.map(outcomeOf).sort()).toEqual(opaOutcomes(directory));
  });

  test('finds nothing wrong with the default policy either', async () => {
    expect(opa?.(['check', '--strict', '--bundle', 'policies']).good).toBe(true);
    await expect(checkPolicies('policies')).resolves.toEqual({ faults: [] });
  });

  test('formats a file to the same bytes', async () => {
    await using folder = await policyFolder({ 'untidy.rego': UNTIDY });
    const formatted = await formatPolicies(folder.path);
    const after = opa?.(['fmt', join(folder.path, 'untidy.rego')]).output;
    expect(formatted).toMatchObject({ changes: [{ before: UNTIDY, after }] });
  });
});

const UNTIDY =
  'package  untidy\nimport data.b\nimport data.a\n# rule\nx  if {a.y ; b[ 1 ]}\nelse := {"p":1,\n"q": 2}\n';

const resultSet = z.array(z.object({ result: z.unknown() }));

/** One evaluation for all inputs; the comprehensions turn undefined into an empty list. */
function opaEvaluations(directory: string, inputs: readonly unknown[]): unknown {
  const query = `[{"request": [x | x := data.fullmakt.request with input as case],
    "items": [x | x := data.fullmakt.items with input as case]} | some case in input]`;
  const args = ['eval', '--bundle', directory, '--format', 'raw', '--stdin-input', query];
  return JSON.parse(opa?.(args, JSON.stringify(inputs)).output ?? '');
}

function outcomeOf({ file, line, name, case: [sub], outcome }: PolicyTest): string {
  return [`${file}:${line}`, name, sub ?? '', outcome].join(' ');
}

const opaTests = z.array(
  z.object({
    location: z.object({ file: z.string(), row: z.int() }),
    name: z.string(),
    skip: z.boolean().default(false),
    fail: z.boolean().default(false),
    error: z.unknown().optional(),
    sub_results: z.record(z.string(), z.object({ fail: z.boolean().default(false) })).optional(),
  }),
);

function opaOutcomes(directory: string): string[] {
  const { output } = opa?.(['test', '--bundle', '--format', 'json', directory]) ?? { output: '' };
  return opaTests
    .parse(JSON.parse(output))
    .flatMap(({ location, name, skip, fail, error, sub_results: cases = { '': { fail } } }) =>
      Object.entries(cases).map(([sub, { fail }]) => {
        const outcome = skip ? 'skipped' : error !== undefined ? 'errored' : fail ? 'failed' : 'passed';
        return [`${location.file}:${location.row}`, name, sub, outcome].join(' ');
      }),
    )
    .sort();
}
