import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { email, scope } from '../../src/admin/schemas.ts';
import { normalizeEmail } from '../../src/model/email.ts';

describe('an email', () => {
  const piece = fc.constantFrom(
    'a',
    'Z',
    '9',
    '.',
    '-',
    '_',
    '+',
    '@',
    'é',
    ' ',
    '"',
    'x'.repeat(64),
    'no',
    '=',
  );
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));

  test('is one where the domain’s rule says so, and has the same form', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.emailAddress(),
          text.map((local) => `${local}@x.no`),
        ),
        (text) => {
          const result = email.safeParse(text);
          expect(result.success ? result.data : undefined).toBe(normalizeEmail(text));
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a scope', () => {
  test.each([
    [{ distributor: ['20004', '20003', '20004'] }, { distributor: ['20003', '20004'] }],
    [{}, {}],
    [
      { b: ['1'], a: ['é, =&'] },
      { a: ['é, =&'], b: ['1'] },
    ],
  ])('%j has one form', (written, form) => {
    expect(scope.parse(written)).toEqual(form);
  });

  test.each([
    ['an empty list', { distributor: [] }],
    ['an empty value', { distributor: [''] }],
    ['a control character', { distributor: ['\u0007'] }],
    ['half a character', { distributor: ['\ud800'] }],
    ['a name that is none', { 'x y': ['1'] }],
    ['eleven attributes', Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`a${n}`, ['1']]))],
    ['a hundred and one values', { a: Array.from({ length: 101 }, (_, n) => String(n)) }],
    ['a value that is too long', { a: ['x'.repeat(257)] }],
  ])('%s is refused', (_, written) => {
    expect(scope.safeParse(written).success).toBe(false);
  });
});
