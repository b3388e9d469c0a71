import { z } from 'zod';

export interface FormatFault {
  readonly fault: string;
  /** UTF-16 code units into the text, where the fault is not the whole text's. */
  readonly offset?: number;
}

/**
 * The schema of a text that stands for something else, from the function that reads it.
 * @param expected what to say of a value that is no text, where there is more to say than that
 */
export function textFormat<T extends {}>(
  read: (text: string) => { readonly value: T } | FormatFault,
  expected?: string,
): z.ZodType<T, string> {
  const text = z.string({ error: ({ input }) => (input === undefined ? undefined : expected) });
  return text.transform((text, context): T => {
    const result = read(text);
    if ('value' in result) return result.value;
    context.addIssue({ code: 'custom', message: result.fault, params: { offset: result.offset } });
    return z.NEVER;
  });
}

/** The schema of a text that must only look right. */
export function textPattern(pattern: RegExp, fault: string): z.ZodType<string, string> {
  return textFormat((value) => (pattern.test(value) ? { value } : { fault }));
}
