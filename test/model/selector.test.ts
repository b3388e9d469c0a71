import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseSelector, type Step } from '../../src/model/selector.ts';

const each: Step = { kind: 'wildcard' };
const name = (text: string): Step => ({ kind: 'name', name: text });

describe('a selector of names and wildcards is read', () => {
  test.each<[string, Step[]]>([
    ['$', []],
    ['$[*]', [each]],
    ['$.*', [each]],
    ['$.value[*]', [name('value'), each]],
    ['$[*].storeSales[*].sales[*]', [each, name('storeSales'), each, name('sales'), each]],
    ["$['odd name'][*]", [name('odd name'), each]],
    ['$["odd name"]', [name('odd name')]],
    ["$['']", [name('')]],
    ["$['*']", [name('*')]],
    ["$['it\\'s \"so\"']", [name('it\'s "so"')]],
    ['$["say \\"so\\", it\'s"]', [name('say "so", it\'s')]],
    ["$['\\b\\f\\n\\r\\t\\/\\\\']", [name('\b\f\n\r\t/\\')]],
    ["$['\\u00e5\\u000A']", [name('å\n')]],
    ["$['\\uD83D\\ude00']", [name('😀')]],
    ["$['😀']", [name('😀')]],
    ['$.blåbær', [name('blåbær')]],
    ['$.😀', [name('😀')]],
    ['$._a1', [name('_a1')]],
    ['$ .a\t[ * ]\n[ "b" ]', [name('a'), each, name('b')]],
  ])('%s', (text, selector) => {
    expect(parseSelector(text, '$')).toEqual({ selector });
  });

  test.each<[string, Step[]]>([
    ['@', []],
    ['@.logistics.wholesalerId', [name('logistics'), name('wholesalerId')]],
    ["@['odd name']", [name('odd name')]],
  ])('%s', (text, selector) => {
    expect(parseSelector(text, '@')).toEqual({ selector });
  });
});

describe('what a stream cannot follow is refused, with its offset', () => {
  test.each<[string, number, RegExp]>([
    ['$..a', 1, /any depth.*only names and \[\*\]/],
    ['$[0]', 2, /index or a slice.*only names and \[\*\]/],
    ['$[-1]', 2, /index or a slice/],
    ['$[:2]', 2, /index or a slice/],
    ['$[?@.a]', 2, /filter.*only names and \[\*\]/],
    ["$['a','b']", 5, /choice of several.*only names and \[\*\]/],
    ['$[*, 0]', 3, /choice of several/],
  ])('%s', (text, offset, fault) => {
    expect(parseSelector(text, '$')).toEqual({ fault: expect.stringMatching(fault), offset });
  });
});

describe('what is no JSONPath is refused, with its offset', () => {
  test.each<[string, number]>([
    ['', 0],
    ['value', 0],
    ['@.a', 0],
    [' $', 0],
    ['$ ', 1],
    ['$a', 1],
    ['$.', 2],
    ['$. a', 2],
    ['$.1a', 2],
    ["$.'a'", 2],
    ['$.a-b', 3],
    ['$.a.', 4],
    ['$[', 2],
    ['$[]', 2],
    ['$[*', 3],
    ['$[a]', 2],
    ["$['a'", 5],
    ["$['a", 2],
    ["$['\\q']", 3],
    ["$['\\\"']", 3],
    ['$["\\\'"]', 3],
    ["$['\\uD83D']", 3],
    ["$['\\uDE00']", 3],
    ["$['\\uD83D\\u0041']", 3],
    ["$['\\u12g4']", 3],
    ["$['a\nb']", 4],
    ["$['\uD83D']", 3],
    ['$.\uD83D', 2],
  ])('%j', (text, offset) => {
    expect(parseSelector(text, '$')).toEqual({ fault: expect.any(String), offset });
  });
});

test('an attribute is found by names alone, since it is one value', () => {
  expect(parseSelector('@.stock[*].id', '@')).toEqual({
    fault: expect.stringContaining('only names'),
    offset: 7,
  });
  expect(parseSelector('$.a', '@')).toEqual({ fault: 'a selector begins with @ here', offset: 0 });
});

test('any name can be written between quotes, with JSON’s escapes', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (names) => {
      const text = names.map((each) => `[${JSON.stringify(each)}]`).join('');
      expect(parseSelector(`@${text}`, '@')).toEqual({ selector: names.map(name) });
    }),
  );
});

test('any text is read or refused at an offset within it', () => {
  const pieces = fc.constantFrom(
    '$',
    '@',
    '.',
    '[',
    ']',
    '*',
    "'",
    '"',
    '\\',
    'u',
    'd83d',
    'a',
    ' ',
    ',',
    '\n',
  );
  fc.assert(
    fc.property(fc.array(pieces), (parts) => {
      const text = `$${parts.join('')}`;
      const parsed = parseSelector(text, '$');
      if ('selector' in parsed) return;
      expect(parsed.offset).toBeGreaterThanOrEqual(0);
      expect(parsed.offset).toBeLessThanOrEqual(text.length);
    }),
  );
});
