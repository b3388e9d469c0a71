import { expect, test } from 'vitest';
import { renderCsv } from '../../src/admin/csv.ts';
import { readCsv } from '../../src/catalog/csv.ts';

test('rows come out as their columns say, and read back as they were', () => {
  const rows = [
    { a: 'plain', b: 'a "quoted" word', c: true },
    { a: 'a, b', b: 'two\r\nlines', c: null },
    { b: '', c: 3, d: 'in no column' },
  ];
  const text = renderCsv({ columns: ['a', 'b', 'c'] }, rows);
  expect(text).toBe('a,b,c\r\nplain,"a ""quoted"" word",true\r\n"a, b","two\r\nlines",\r\n,,3\r\n');
  expect(readCsv(text).rows.map(({ fields }) => fields)).toEqual([
    ['a', 'b', 'c'],
    ['plain', 'a "quoted" word', 'true'],
    ['a, b', 'two\r\nlines', ''],
    ['', '', '3'],
  ]);
});

test('one row is a list of one', () => {
  expect(renderCsv({ columns: ['a'] }, { a: 'x' })).toBe('a\r\nx\r\n');
});
