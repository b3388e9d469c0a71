import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lineDiff } from '../../src/cli/line-diff.ts';
import { parseBundle } from '../../src/policy/bundle.ts';
import { policyFolder } from '../policy/policy-folder.ts';

const COMMAND = new URL('../../src/cli/policy.ts', import.meta.url).href;
const MAIN = `import { policyCommand } from '${COMMAND}';
await policyCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;

const GOOD = `package fullmakt

request := {"allow": true, "reason": "anybody"}

items := [true | some _ in input.items]
`;
const TEST = `package fullmakt_test

import data.fullmakt

test_nothing_asked_nothing_answered if fullmakt.items == [] with input as {"items": []}
`;

interface Outcome {
  readonly status: number;
  readonly output: string;
  readonly complaint: string;
}

/** Runs `fullmakt policy …` in the folder, which its paths are then relative to. */
async function policy(folder: { readonly path: string }, ...args: readonly string[]): Promise<Outcome> {
  const flags = ['--disable-warning=ExperimentalWarning', '--input-type=module', '--eval', MAIN, '--'];
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [...flags, ...args],
      { cwd: folder.path },
      (_, output, complaint) => {
        resolve({
          status: child.exitCode ?? -1,
          output: output.replaceAll(/\d+\.\d ms/g, '0.0 ms'),
          complaint,
        });
      },
    );
  });
}

describe('fullmakt policy', () => {
  test('build writes a bundle to build/policy.tar.gz, or where it is told', async () => {
    await using folder = await policyFolder({ 'policies/p.rego': GOOD });
    const { status, output } = await policy(folder, 'build', 'policies');
    expect({ status, output }).toEqual({
      status: 0,
      output: expect.stringMatching(/^build\/policy\.tar\.gz: \d+ bytes\n$/),
    });
    const bundle = await parseBundle(await readFile(join(folder.path, 'build/policy.tar.gz')));
    expect(bundle).not.toHaveProperty('fault');

    const nowhere = await policy(folder, 'build', '-o', 'policies/p.rego/inside', 'policies');
    expect(nowhere).toEqual({
      status: 1,
      output: '',
      complaint: 'policies/p.rego/inside: cannot be written (ENOTDIR)\n',
    });
  });

  test('build shows every mistake with its line, and writes nothing', async () => {
    await using folder = await policyFolder({
      'policies/p.rego': `${GOOD}\nx if time.now_ns() > input.then\n\ny := http.send({})\n`,
    });
    await expect(policy(folder, 'build', 'policies')).resolves.toEqual({
      status: 1,
      output: '',
      complaint: [
        'policies/p.rego:7:6: undefined function time.now_ns',
        '    x if time.now_ns() > input.then',
        '         ^',
        'policies/p.rego:9:6: undefined function http.send',
        '    y := http.send({})',
        '         ^',
        '',
      ].join('\n'),
    });
    await expect(readFile(join(folder.path, 'build/policy.tar.gz'))).rejects.toThrow(/ENOENT/);
  });

  test('test prints each claim with its outcome, and the count', async () => {
    await using folder = await policyFolder({ 'p.rego': GOOD, 'p_test.rego': TEST });
    await expect(policy(folder, 'test', '.')).resolves.toEqual({
      status: 0,
      output: 'p_test.rego\n  passed   nothing asked nothing answered (0.0 ms)\n1 test: 1 passed\n',
      complaint: '',
    });
  });

  test('test shows what failed, with its values, and what was printed', async () => {
    const failing = `${TEST}
test_all_is_seen if {
	seen := fullmakt.items with input as {"items": [1, 2]}
	print("seen", seen)
	seen == [true]
}
`;
    await using folder = await policyFolder({ 'p.rego': GOOD, 'p_test.rego': failing });
    await expect(policy(folder, 'test', '.')).resolves.toEqual({
      status: 1,
      output: [
        'p_test.rego',
        '  passed   nothing asked nothing answered (0.0 ms)',
        '  FAILED   all is seen (0.0 ms)',
        '    p_test.rego:10: test_all_is_seen',
        '      seen == [true]',
        '      |',
        '      [true, true]',
        '    printed:',
        '      seen [true, true]',
        '2 tests: 1 passed, 1 failed',
        '',
      ].join('\n'),
      complaint: '',
    });
  });

  test('test says that there are no tests, and fails', async () => {
    await using folder = await policyFolder({ 'p.rego': GOOD });
    await expect(policy(folder, 'test', '.')).resolves.toEqual({
      status: 1,
      output: '',
      complaint: ".: no tests (no rule's name begins with test_)\n",
    });
  });

  test('check is silent on a good policy, and strict', async () => {
    await using folder = await policyFolder({
      'good/p.rego': GOOD,
      'bad/p.rego': 'package p\n\nimport data.unused\n',
    });
    await expect(policy(folder, 'check', 'good')).resolves.toEqual({ status: 0, output: '', complaint: '' });
    await expect(policy(folder, 'check', 'bad')).resolves.toEqual({
      status: 1,
      output: '',
      complaint: 'bad/p.rego:3:1: import data.unused unused\n    import data.unused\n    ^\n',
    });
  });

  test('fmt shows what is untidy, and fmt --write makes it tidy', async () => {
    await using folder = await policyFolder({ 'p.rego': 'package p\n\nx  := 1\n' });
    await expect(policy(folder, 'fmt', '.')).resolves.toEqual({
      status: 1,
      output: 'p.rego is not in the standard format:\n  package p\n  \n- x  := 1\n+ x := 1\n  \n',
      complaint: '',
    });
    const written = await policy(folder, 'fmt', '--write', '.');
    expect(written).toEqual({ status: 0, output: 'p.rego: formatted\n', complaint: '' });
    await expect(readFile(join(folder.path, 'p.rego'), 'utf8')).resolves.toBe('package p\n\nx := 1\n');
  });

  test.each(['build', 'fmt'])('%s says in one line that a folder is missing', async (verb) => {
    await using folder = await policyFolder({});
    const outcome = await policy(folder, verb, 'nowhere');
    expect(outcome).toEqual({ status: 1, output: '', complaint: 'nowhere: no such folder or file\n' });
  });
});

describe('a line diff', () => {
  test('keeps the longest run of common lines, and shows two of them around each change', () => {
    const before = 'a\nb\nc\nd\ne\nf\ng\nh';
    expect(lineDiff(before, before)).toEqual([]);
    const after = 'a\nB\nc\nd\ne\nf\ng\nh\ni';
    const shown = '  a|- b|+ B|  c|  d|...|  g|  h|+ i';
    expect(lineDiff(before, after)).toEqual(shown.split('|'));
  });
});
