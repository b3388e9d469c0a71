import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseScopeText, scopeText } from '../../src/model/permission.ts';

test('a scope has one text, however it is spelled', () => {
  expect(scopeText({ distributor: ['20004', '20003', '20003'], brand: ['a&b'] })).toBe(
    'brand=a%26b&distributor=20003,20004',
  );
  expect(scopeText({})).toBe('');
});

test('a text of a scope is printable ASCII and gives the scope back', () => {
  const text = fc.string({ unit: 'grapheme', minLength: 1 });
  const values = fc.uniqueArray(text, { minLength: 1 }).map((list) => list.sort());
  fc.assert(
    fc.property(fc.dictionary(text, values), (scope) => {
      const written = scopeText(scope);
      expect(written).toMatch(/^[\x21-\x7e]*$/);
      expect(parseScopeText(written)).toEqual({ ...scope });
    }),
  );
});

test.each([
  'distributor',
  'distributor=',
  '=20003',
  'a=1=2',
  'a=1&',
  'b=1&a=1',
  'a=2,1',
  'a=1,1',
  'a=%zz',
  'a=1&a=2',
])('%j is no text of a scope', (text) => {
  expect(parseScopeText(text)).toBeUndefined();
});
