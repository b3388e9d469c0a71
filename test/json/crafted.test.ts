import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
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

test.each([
  ['whitespace before an item', '{"value":[', ' '],
  ['whitespace after an item', '{"value":[1', ' '],
  ['whitespace after the text', '{"value":[]}', ' '],
  ['a key beside the path', '{"', 'x'],
  ['whitespace before a container on the path', '{"value":', '\n'],
])('endless %s is refused while it comes', (_, text, more) => {
  const filter = new ItemFilter({ ...selection, maxItemBytes: 1000 }, () => []);
  expect(filter.write(Buffer.from(text))).not.toHaveProperty('fault');
  const chunk = Buffer.from(more.repeat(600));
  expect(filter.write(chunk)).not.toHaveProperty('fault');
  expect(filter.write(chunk)).toMatchObject({ fault: 'too_large' });
});

describe('what is held is no more than twice the largest item', () => {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');

  /** Bytes outside of V8's heap that are still in use. */
  function held(): number {
    if (typeof collect === 'function') collect();
    return process.memoryUsage().arrayBuffers;
  }

  const list = { ...selection, items: selector('$[*]'), keep: [], maxItemBytes: SIZE };
  const item = (owner: string, size: number) => `{"owner":"${owner}","x":"${'x'.repeat(size)}"}`;

  test.each([
    ['items that pass', `${item('1', SIZE - 100)},`],
    ['items that are hidden', `${item('2', SIZE - 100)},`],
    ['items that are too large', `${item('1', 3 * SIZE)},`],
    ['items that are faulty', `${item('1', SIZE - 100).replace('owner', 'own')},`],
  ])('with %s', (_, text) => {
    const filter = new ItemFilter(list, (tuples) => tuples.map(([owner]) => owner === '1'));
    filter.write(Buffer.from('['));
    const stream = Buffer.from(text);
    const before = held();
    for (let round = 0; round < 30; round++) {
      for (const chunk of cut(stream, 50_000)) {
        filter.write(chunk);
      }
      expect(held() - before).toBeLessThan(2.5 * SIZE);
    }
  });
});
