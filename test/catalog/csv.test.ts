import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readCsv } from '../../src/catalog/csv.ts';

test('what is written by RFC 4180 is read back', () => {
  const field = fc.string({ unit: fc.constantFrom('a', 'ø', ',', '"', '\r', '\n', ' ') });
  const table = fc
    .integer({ min: 2, max: 4 })
    .chain((width) => fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 1 }));
  fc.assert(
    fc.property(table, fc.constantFrom('\n', '\r\n'), fc.boolean(), (rows, end, finalEnd) => {
      const quote = (text: string) => (/[,"\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
      const text = rows.map((row) => row.map(quote).join(',')).join(end) + (finalEnd ? end : '');
      const read = readCsv(text);
      expect(read.faults).toEqual([]);
      expect(read.rows.map(({ fields }) => fields)).toEqual(rows);
    }),
  );
});

test('a row knows its line, also after a field of several lines', () => {
  const { rows } = readCsv('a,b\n"1\n2",3\n4,5\n');
  expect(rows.map(({ line }) => line)).toEqual([1, 2, 4]);
});

test.each([
  ['a field too many', 'a,b\n1,2,3\n', '2:1: the number of fields is 3, where the header has 2'],
  ['a field too few', 'a,b\n1\n', '2:1: the number of fields is 1, where the header has 2'],
  ['an empty line', 'a,b\n\n1,2\n', '2:1: an empty line'],
  [
    'a quote within a field',
    'a,b\n1,2"3\n',
    '2:4: a field with a quote in it must stand between quotes, the quote doubled',
  ],
  ['a quote that is never closed', 'a,b\n1,"2\n3\n', '2:3: this quote is never closed'],
  ['text after a closing quote', 'a,b\n"1\n1"x,2\n', '3:3: a comma or the end of the line must follow'],
  ['a bare carriage return', 'a,b\n1\r,2\n', '2:2: a comma or the end of the line must follow'],
  [
    'a space before a quote',
    'a,b\n1, "2"\n',
    '2:4: a field with a quote in it must stand between quotes, the quote doubled',
  ],
])('%s is a fault', (_, text, fault) => {
  expect(readCsv(text).faults.map(({ line, column, message }) => `${line}:${column}: ${message}`)).toEqual([
    fault,
  ]);
});
