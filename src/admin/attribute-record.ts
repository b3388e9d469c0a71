import { z } from 'zod';

/**
 * Values by the names of attributes. Unlike a bare record it has a fault where there is a member `__proto__`, which
 * zod passes over in silence: a scope of nothing else would be one that restricts nothing.
 * @param name that does not take `__proto__`
 */
export function attributeRecord<Value extends z.ZodType>(name: z.ZodType<string, string>, value: Value) {
  return z.preprocess(
    (written, context) => {
      if (typeof written === 'object' && written !== null && Object.hasOwn(written, '__proto__')) {
        context.issues.push({
          code: 'custom',
          path: ['__proto__'],
          message: 'is no name of an attribute',
          input: written,
          continue: true,
        });
      }
      return written;
    },
    z.record(name, value),
  );
}
