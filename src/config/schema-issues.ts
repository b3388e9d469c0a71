import { z } from 'zod';
import { suggestion } from './did-you-mean.ts';
import type { YamlPart, YamlPath } from './yaml-file.ts';

/** What does not fit a schema, and where. */
export interface SchemaIssue {
  readonly path: YamlPath;
  readonly message: string;
  readonly part: YamlPart;
}

type Issue = z.core.$ZodIssue;

/**
 * Holds a value that was read from a file to a schema and tells everything that does not fit. A custom issue
 * may say where in a text it stands by `params: { offset }`. No message holds a value.
 */
export function checkSchema<T>(
  schema: z.ZodType<T>,
  value: unknown,
): { readonly data: T } | { readonly issues: readonly SchemaIssue[] } {
  const result = schema.safeParse(value, { error: describe });
  return result.success
    ? { data: result.data }
    : { issues: result.error.issues.flatMap((i) => unfold(i, [])) };
}

function unfold(issue: Issue, above: YamlPath): readonly SchemaIssue[] {
  const path = [...above, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n');
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      message: messages[index] ?? '',
      part: { key: true },
    }));
  }
  if (issue.code === 'invalid_union') {
    // The alternative of the value's own kind tells more than that none fits.
    const meant = issue.errors.find((faults) => faults.every((fault) => !isOfOtherKind(fault)));
    if (meant !== undefined) return meant.flatMap((fault) => unfold(fault, path));
  }
  if (issue.code === 'invalid_key')
    return [{ path, message: issue.issues[0]?.message ?? issue.message, part: { key: true } }];
  const offset: unknown = issue.code === 'custom' ? issue.params?.['offset'] : undefined;
  return [{ path, message: issue.message, part: typeof offset === 'number' ? { offset } : {} }];
}

function isOfOtherKind({ code, path }: Issue): boolean {
  return path.length === 0 && (code === 'invalid_type' || code === 'invalid_value');
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

function describe(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    if (issue.input === undefined) return 'missing';
    const kind = KINDS[issue.expected] ?? issue.expected;
    const quote = issue.expected === 'string' && typeof issue.input !== 'object' ? ' (quote it)' : '';
    return `must be ${kind}${quote}`;
  }
  if (issue.code === 'invalid_value') return `must be ${choice(issue.values.map(String))}`;
  if (issue.code === 'unrecognized_keys') {
    const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
    return issue.keys.map((key) => `there is no such name here${suggestion(key, known)}`).join('\n');
  }
  return undefined;
}

function choice(words: readonly string[]): string {
  return [words.slice(0, -1).join(', '), ...words.slice(-1)].filter((part) => part !== '').join(' or ');
}
