import { join } from 'node:path';
import { z } from 'zod';
import type { PolicyFaultAt } from './compiler-fault.ts';
import { type PolicyFile, readPolicyFolder } from './compiler-folder.ts';
import { runRegoCompiler } from './compiler-run.ts';

/** What is wrong with a policy: at least one fault, in the order of files and lines. */
export interface PolicyFaults {
  readonly faults: readonly PolicyFaultAt[];
}

/** The outcome of a Rego test, or of one case of a test that has several. */
export interface PolicyTest {
  readonly package: string;
  /** The rule's: `test_an_owner_sees_its_own_items`. */
  readonly name: string;
  /** Which of the rule's cases; empty if the rule is one test. */
  readonly case: readonly string[];
  readonly file: string;
  readonly line: number;
  readonly outcome: 'passed' | 'failed' | 'errored' | 'skipped';
  /** Milliseconds that the rule took. */
  readonly duration: number;
  /** The expression that was not true, over the values of its variables; or the error. */
  readonly failure: { readonly file: string; readonly line: number; readonly text: string } | undefined;
  /** What `print` wrote. */
  readonly output: string;
}

/** A file that formatting changes. */
export interface Reformatted {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

const faultSchema = z.object({
  file: z.string(),
  line: z.int(),
  column: z.int(),
  code: z.string(),
  message: z.string(),
  details: z.array(z.string()).default([]),
});
const testSchema = z.object({
  package: z.string(),
  name: z.string(),
  case: z.array(z.string()).default([]),
  file: z.string(),
  line: z.int(),
  outcome: z.enum(['passed', 'failed', 'errored', 'skipped']),
  duration: z.number(),
  failure: z.object({ file: z.string(), line: z.int(), text: z.string() }).optional(),
  output: z.string().default(''),
});
const answerSchema = z.object({
  faults: z.array(faultSchema).default([]),
  bundle: z.base64().default(''),
  tests: z.array(testSchema).default([]),
  files: z.array(z.object({ path: z.string(), text: z.string() })).default([]),
});
type Answer = z.infer<typeof answerSchema>;

/** Far more than any policy takes: a compilation that hangs must not hold up its caller for ever. */
const TIME_LIMIT = 120_000;

/**
 * Compiles a policy folder to a bundle: OPA's tarball of Wasm, data and manifest. Test files stay out. The same
 * files give the same bytes.
 *
 * All functions of this file run OPA in a process of its own, and throw an Error only if that cannot be done.
 *
 * @param directory the folder that holds package `fullmakt`
 */
export async function compilePolicies(directory: string): Promise<{ bundle: Uint8Array } | PolicyFaults> {
  const result = await ask('build', directory);
  return 'faults' in result ? result : { bundle: Buffer.from(result.answer.bundle, 'base64') };
}

/** Checks all modules of a policy folder, tests too, by OPA's strict rules. No fault at all is a good policy. */
export async function checkPolicies(directory: string): Promise<PolicyFaults> {
  const result = await ask('check', directory);
  return 'faults' in result ? result : { faults: [] };
}

/** Runs the Rego tests of a policy folder. The tests are in the order of files and lines; there may be none. */
export async function testPolicies(
  directory: string,
): Promise<{ tests: readonly PolicyTest[] } | PolicyFaults> {
  const result = await ask('test', directory);
  if ('faults' in result) return result;
  const tests = result.answer.tests.map((test) => placed(test, directory));
  return { tests };
}

/** Formats the modules of a policy folder as `opa fmt` does; writes nothing. */
export async function formatPolicies(
  directory: string,
): Promise<{ changes: readonly Reformatted[] } | PolicyFaults> {
  const result = await ask('fmt', directory);
  if ('faults' in result) return result;
  const changes = result.answer.files.map(({ path, text }) => ({
    file: join(directory, path),
    before: textOf(result.files, path),
    after: text,
  }));
  return { changes };
}

async function ask(
  verb: 'build' | 'check' | 'test' | 'fmt',
  directory: string,
): Promise<{ answer: Answer; files: readonly PolicyFile[] } | PolicyFaults> {
  const folder = await readPolicyFolder(directory);
  if ('faults' in folder) return folder;
  const { files } = folder;
  const answer = answerSchema.parse(
    JSON.parse(await runRegoCompiler(JSON.stringify({ verb, files }), TIME_LIMIT)),
  );
  if (answer.faults.length === 0) return { answer, files };
  const faults = answer.faults.map(({ file, line, column, code, message, details }) => ({
    file: join(directory, file),
    line,
    column,
    code,
    message: [message, ...details].join('\n'),
    source: textOf(files, file).split('\n')[line - 1] ?? '',
  }));
  return { faults };
}

function placed({ failure, ...test }: Answer['tests'][number], directory: string): PolicyTest {
  return {
    ...test,
    file: join(directory, test.file),
    failure: failure && { ...failure, file: join(directory, failure.file) },
  };
}

function textOf(files: readonly PolicyFile[], path: string): string {
  return files.find((file) => file.path === path)?.text ?? '';
}
