import { chmod, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Bundle, parseBundle } from '../../src/policy/bundle.ts';
import {
  checkPolicies,
  compilePolicies,
  formatPolicies,
  type PolicyTest,
  testPolicies,
} from '../../src/policy/compiler.ts';
import { renderPolicyFault } from '../../src/policy/compiler-fault.ts';
import { policyFolder } from './policy-folder.ts';

const FAILING = 'test/policy/fixtures/failing';
const GOOD = `package fullmakt

request := {"allow": true, "reason": "anybody"}

items := [true | some _ in input.items]
`;

async function packed(directory: string): Promise<Uint8Array> {
  const result = await compilePolicies(directory);
  if ('faults' in result) throw new Error(result.faults.map(renderPolicyFault).join('\n'));
  return result.bundle;
}

async function unpacked(bytes: Uint8Array): Promise<Bundle> {
  const bundle = await parseBundle(bytes);
  if ('fault' in bundle) throw new Error(bundle.fault);
  return bundle;
}

/** Rules that name only other members of input than now; and print, which only tests show. */
const RICH = `${GOOD}
x if input.request.now

y if {
	print(input.items)
	input.identity[input.request.key]
}

z := {"now": input.items}
`;
const RICH_FILES = {
  'fullmakt.rego': RICH,
  'data.json': '{"top": 0.700}',
  'a/b/data.yaml': 'c: [x]\n',
  'a/other.json': '{"left": "out"}',
  '.hidden/data.json': '{"left": "out"}',
};

describe('a bundle', () => {
  let bytes: Uint8Array;
  let bundle: Bundle;
  beforeAll(async () => {
    await using folder = await policyFolder(RICH_FILES);
    bytes = await packed(folder.path);
    bundle = await unpacked(bytes);
  });

  test('is the same bytes wherever the files lie, with tests or without, and through links', async () => {
    await using source = await policyFolder({ 'fullmakt.rego': RICH });
    const { 'fullmakt.rego': _, ...others } = RICH_FILES;
    await using folder = await policyFolder({
      ...others,
      'p_test.rego': 'package p_test\n\ntest_x if true\n',
    });
    // As Kubernetes mounts them.
    await symlink(join(source.path, 'fullmakt.rego'), join(folder.path, 'fullmakt.rego'));
    expect(await packed(folder.path)).toEqual(bytes);
  });

  test('has another revision if only data differs', async () => {
    await using folder = await policyFolder({ ...RICH_FILES, 'data.json': '{"top": 0.70}' });
    const other = await unpacked(await packed(folder.path));
    expect(bundle.revision).toMatch(/^[\da-f]{64}$/);
    expect(other.revision).not.toBe(bundle.revision);
  });

  test('holds data.json and data.yaml under the path of their folder, digit for digit', () => {
    expect(new TextDecoder().decode(bundle.data).trim()).toBe('{"a":{"b":{"c":["x"]}},"top":0.700}');
  });

  test('tells that a policy does not read input.now if its rules name only other members', () => {
    expect(bundle.readsNow).toBe(false);
  });

  test.each([
    ['by its name, in a rule that no entrypoint needs', 'x := input["now"]'],
    ['by a computed name', 'x := input[data.member]'],
    ['through a function that takes all of input', 'f(all) := all.now\n\nx := f(input)'],
    ['through an import', 'x if now == ""', 'import input.now'],
  ])('tells that a policy reads input.now if it does so %s', async (_, rule, imported = '') => {
    const policy = `${GOOD.replace('fullmakt\n', `fullmakt\n\n${imported}\n`)}\n${rule}\n`;
    await using folder = await policyFolder({ 'fullmakt.rego': policy });
    await expect(unpacked(await packed(folder.path))).resolves.toMatchObject({ readsNow: true });
  });
});

describe('a folder that is no policy', () => {
  test('is refused at its package clause if an entrypoint is missing', async () => {
    await using folder = await policyFolder({
      'p.rego': '# a comment\npackage fullmakt\n\nrequest := {"allow": true}\n',
    });
    await expect(compilePolicies(folder.path)).resolves.toEqual({
      faults: [
        {
          file: join(folder.path, 'p.rego'),
          line: 2,
          column: 1,
          code: 'entrypoint_missing',
          message: 'package fullmakt has no rule "items", which the sidecar evaluates as fullmakt/items',
          source: 'package fullmakt',
        },
      ],
    });
  });

  test('is refused as a whole if no file is of package fullmakt', async () => {
    await using folder = await policyFolder({ 'p.rego': 'package other\n\nitems := []\n' });
    const result = await compilePolicies(folder.path);
    expect(result).toMatchObject({
      faults: [
        { file: folder.path, line: 0 },
        { file: folder.path, line: 0 },
      ],
    });
  });

  test('is refused in one line if it is missing, no folder, or empty', async () => {
    await using folder = await policyFolder({ 'readme.md': 'nothing' });
    const rendered = async (path: string): Promise<string> => {
      const { faults } = await checkPolicies(path);
      return faults.map(renderPolicyFault).join('\n');
    };
    const missing = join(folder.path, 'missing');
    await expect(rendered(missing)).resolves.toBe(`${missing}: no such folder or file`);
    const file = join(folder.path, 'readme.md');
    await expect(rendered(file)).resolves.toBe(`${file}: not a folder`);
    await expect(rendered(folder.path)).resolves.toBe(`${folder.path}: holds no .rego file`);
  });

  test('names every file that cannot be read', async () => {
    await using folder = await policyFolder({
      'p.rego': GOOD,
      'latin1.rego': new Uint8Array([0x23, 0xe6, 0x0a]),
      'elsewhere/q.rego': 'package q\n',
    });
    await symlink(join(folder.path, 'nowhere'), join(folder.path, 'dead.rego'));
    await symlink(join(folder.path, 'elsewhere'), join(folder.path, 'linked'));
    const { faults } = await checkPolicies(folder.path);
    expect(faults.map(renderPolicyFault)).toEqual([
      `${join(folder.path, 'dead.rego')}: no such folder or file`,
      `${join(folder.path, 'latin1.rego')}: not UTF-8`,
      `${join(folder.path, 'linked')}: a link to a folder is not followed`,
    ]);
  });
});

describe('Rego tests', () => {
  let tests: readonly PolicyTest[];
  beforeAll(async () => {
    const result = await testPolicies(FAILING);
    if ('faults' in result) throw new Error(result.faults.map(renderPolicyFault).join('\n'));
    ({ tests } = result);
  });

  test('pass, fail, err or are skipped, in the order of the source', () => {
    expect(tests.map((one) => [one.line, one.name, ...one.case, one.outcome].join(' '))).toEqual([
      '5 test_an_empty_batch_gets_an_empty_answer passed',
      '7 test_everything_is_seen failed',
      '14 test_lengths one passed',
      '14 test_lengths two failed',
      '19 test_a_request_without_identity_is_allowed failed',
      '21 todo_test_end_dates skipped',
      '23 test_a_function_with_two_values errored',
    ]);
  });

  test('that fail tell the expression, its line and the values in it', () => {
    expect(tests[1]).toMatchObject({
      package: 'fullmakt_test',
      file: `${FAILING}/fullmakt_test.rego`,
      output: 'owned is [true, false]',
      failure: { file: `${FAILING}/fullmakt_test.rego`, line: 11 },
    });
    expect(tests[1]?.failure?.text).toMatch(/verdict == \[true, true\]\s+\|\s+\[true, false\]/);
  });
});

test('formatting answers only the files that it changes, and writes none', async () => {
  const untidy = 'package other\nx  :=   1\n';
  await using folder = await policyFolder({ 'p.rego': GOOD, 'a/untidy.rego': untidy });
  await chmod(join(folder.path, 'a/untidy.rego'), 0o444);
  await expect(formatPolicies(folder.path)).resolves.toEqual({
    changes: [
      { file: join(folder.path, 'a/untidy.rego'), before: untidy, after: 'package other\n\nx := 1\n' },
    ],
  });
});

test('a fault shows its line with a caret under the column, whatever the tabs', () => {
  const fault = {
    file: 'p.rego',
    line: 3,
    column: 4,
    code: 'c',
    source: '\tæø := x',
    message: 'wrong\nwant: y',
  };
  expect(renderPolicyFault(fault)).toBe('p.rego:3:4: wrong\n    \tæø := x\n    \t  ^\n    want: y');
});
