import type { z } from 'zod';

/*
 * Ways to look at a parsed file that may be wrong anywhere. Rules read each value by itself, so that one fault
 * hides no other; what is not as it should be is undefined here, and the schema tells why.
 */

/** What a well-formed value stands for. */
export function read<T>(schema: z.ZodType<T>, value: unknown): T | undefined {
  return schema.safeParse(value).data;
}

export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A member by the names that lead to it. */
export function member(value: unknown, ...names: readonly string[]): unknown {
  return names.reduce<unknown>(
    (node, name) => (isMapping(node) && Object.hasOwn(node, name) ? node[name] : undefined),
    value,
  );
}

/** The elements of a list; none where there is no list. */
export function elements(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
