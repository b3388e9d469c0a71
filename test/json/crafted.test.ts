import { describe, expect, test } from 'vitest';
import { ItemFilter } from '../../src/json/item-filter.ts';
import { cut, runFilter, selector } from './run-filter.ts';

/** Texts made to be expensive: to read a token again from its beginning at each chunk would outlast the test's time. */
const SIZE = 200_000;
const long = 'x'.repeat(SIZE);
const selection = {
  items: selector('$.value[*]'),
  attributes: [selector('@.owner')],
  keep: [selector('$.kept')],
  prune: false,
  maxItemBytes: 4 * SIZE,
};

describe('a text in chunks of one byte is read once that has', () => {
  test.each([
    ['a long key beside the path', `{"${long}":1,"value":[]}`, '{"value":[]}'],
    ['a long key with escapes beside the path', `{"\\u0000${long}":1,"value":[]}`, '{"value":[]}'],
    ['a long value beside the path', `{"x":"${long}","value":[]}`, '{"value":[]}'],
    ['a long kept value', `{"kept":"${long}","value":[]}`, `{"kept":"${long}","value":[]}`],
    [
      'a long key in an item',
      `{"value":[{"${long}":1,"owner":"1"}]}`,
      `{"value":[{"${long}":1,"owner":"1"}]}`,
    ],
    ['a long attribute', `{"value":[{"owner":"${long}"}]}`, `{"value":[{"owner":"${long}"}]}`],
    [
      'a long integer',
      `{"value":[{"owner":1${'0'.repeat(SIZE)}}]}`,
      `{"value":[{"owner":1${'0'.repeat(SIZE)}}]}`,
    ],
    ['a long hidden item', `{"value":[{"x":"${long}"}]}`, '{"value":[]}'],
    ['much whitespace', `{"value":[${' '.repeat(SIZE)}1${' '.repeat(SIZE)}]}`, '{"value":[]}'],
    ['many empty items', `{"value":[${'{},'.repeat(SIZE / 10)}{}]}`, '{"value":[]}'],
  ])('%s', (_, text, output) => {
    expect(runFilter(cut(Buffer.from(text), 1), selection, () => true)).toMatchObject({ output });
  });
});

test('many arrays within arrays that are pruned leave nothing behind', () => {
  const nested = { ...selection, items: selector('$[*][*][*]'), keep: [], prune: true, maxItemBytes: 1000 };
  const text = `[${'[[],[{}]],'.repeat(50_000)}[]]`;
  for (const size of [3, 100_000]) {
    expect(runFilter(cut(Buffer.from(text), size), nested, () => true)).toMatchObject({ output: '[]' });
  }
});

test('items that are too large are not held', () => {
  const filter = new ItemFilter(
    { ...selection, items: selector('$[*]'), keep: [], maxItemBytes: 1000 },
    () => [],
  );
  const before = process.memoryUsage().arrayBuffers;
  filter.write(Buffer.from('[{"owner":"'));
  const chunk = Buffer.from(long);
  for (let i = 0; i < 200; i++) expect(filter.write(chunk)).toEqual([]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50 * SIZE);
  filter.write(Buffer.from('"}]'));
  filter.end();
  expect(filter.counts).toMatchObject({ hidden: 1, faulty: 1 });
});
