import { describe, expect, test } from 'vitest';
import { type Decide, ItemFilter, type Selection, type Tuple } from '../../src/json/item-filter.ts';
import { selector } from './run-filter.ts';

const LIST: Selection = {
  items: selector('$[*]'),
  attributes: [selector('@.owner')],
  keep: [],
  prune: false,
  maxItemBytes: 1_048_576,
};

const bytes = (text: string) => Buffer.from(text);
const textOf = (slices: readonly Uint8Array[]) => Buffer.concat(slices).toString();
const owners = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `{"owner":"${from + i}"}`).join(',');

/** A filter, and the batches that it had decided. */
function listFilter(visible: (tuple: Tuple) => boolean): { filter: ItemFilter; batches: number[] } {
  const batches: number[] = [];
  const filter = new ItemFilter(LIST, (tuples) => {
    batches.push(tuples.length);
    return tuples.map(visible);
  });
  return { filter, batches };
}

function passed(result: ReturnType<ItemFilter['write']>): string {
  if ('fault' in result) throw new Error(result.message);
  return textOf(result);
}

describe('verdicts are asked for', () => {
  test('once a chunk, of distinct tuples', () => {
    const { filter, batches } = listFilter(() => true);
    passed(filter.write(bytes('[{"owner":"1"},{"owner":"2"},{"owner":"1"}')));
    expect(batches).toEqual([2]);
  });

  test('256 at most at a time', () => {
    const { filter, batches } = listFilter(() => true);
    passed(filter.write(bytes(`[${owners(0, 600)}]`)));
    expect(batches).toEqual([256, 256, 88]);
  });

  test('once for a text, however its tuples are spelled and cut', () => {
    const { filter, batches } = listFilter(() => true);
    for (const chunk of [
      '[{"owner":"1"},{"ow',
      'ner":"1"},{"owner":"\\u00',
      '31"},{"owner":1}',
      ',{"owner":"1"}',
    ]) {
      passed(filter.write(bytes(chunk)));
    }
    expect(batches).toEqual([1]);
  });

  test('again for a tuple that was forgotten after many others', () => {
    const { filter, batches } = listFilter(() => false);
    passed(filter.write(bytes(`[${owners(0, 70_000)},`)));
    const asked = batches.length;
    passed(filter.write(bytes(owners(0, 300))));
    expect(batches.length).toBeGreaterThan(asked);
    expect(batches.reduce((sum, count) => sum + count)).toBeLessThan(70_600);
  });

  test('not at all for items at fault', () => {
    const { filter, batches } = listFilter(() => true);
    passed(filter.write(bytes('[{"owner":null},{},[]]')));
    passed(filter.end());
    expect(batches).toEqual([]);
  });
});

describe('what is decided', () => {
  test('leaves in the same write', () => {
    const { filter } = listFilter(([owner]) => owner === '1');
    expect(passed(filter.write(bytes('[ {"owner":"1"},{"owner":"2"}, {"ow')))).toBe('[ {"owner":"1"}');
    expect(passed(filter.write(bytes('ner":"1"}')))).toBe(', {"owner":"1"}');
    expect(passed(filter.write(bytes(' ]')))).toBe('');
    expect(passed(filter.end())).toBe(' ]');
  });

  test('leaves as one slice of its chunk if nothing in it is hidden', () => {
    const { filter } = listFilter(() => true);
    const chunk = new Uint8Array(bytes(`[${owners(0, 100)},`));
    const slices = filter.write(chunk);
    if ('fault' in slices) throw new Error(slices.message);
    expect(slices).toHaveLength(1);
    expect(slices[0]?.buffer).toBe(chunk.buffer);
  });

  test('is followed by the last bracket only when the text has ended', () => {
    const { filter } = listFilter(() => true);
    expect(passed(filter.write(bytes('[{"owner":"1"}]')))).toBe('[{"owner":"1"}');
    expect(passed(filter.write(bytes(' \n')))).toBe('');
    expect(passed(filter.end())).toBe('] \n');
  });
});

describe('a verdict that cannot be had ends the text', () => {
  test.each<[string, Decide]>([
    ['no answer', () => undefined],
    ['too few answers', (tuples) => tuples.slice(1).map(() => true)],
    ['too many answers', (tuples) => [true, ...tuples.map(() => true)]],
  ])('%s', (_, decide) => {
    const filter = new ItemFilter(LIST, decide);
    const fault = filter.write(bytes('[{"owner":"1"},{"owner":"2"}'));
    expect(fault).toMatchObject({ fault: 'undecided' });
    expect(filter.write(bytes(']'))).toBe(fault);
    expect(filter.end()).toBe(fault);
  });

  test('and when it is thrown for, nothing passes any more', () => {
    const filter = new ItemFilter(LIST, () => {
      throw new Error('out of order');
    });
    expect(() => filter.write(bytes('[{"owner":"1"}'))).toThrow('out of order');
    expect(filter.write(bytes(']'))).toMatchObject({ fault: 'undecided' });
    expect(filter.end()).toMatchObject({ fault: 'undecided' });
  });
});

describe('after a fault', () => {
  test('every call returns it', () => {
    const { filter } = listFilter(() => true);
    const fault = filter.write(bytes('[{"owner":"1"},x'));
    expect(fault).toMatchObject({ fault: 'syntax', offset: 15 });
    expect(filter.write(bytes('1]'))).toBe(fault);
    expect(filter.end()).toBe(fault);
  });

  test('a text that is cut short has no end', () => {
    const { filter } = listFilter(() => true);
    passed(filter.write(bytes('[{"owner":"1"}')));
    expect(filter.end()).toMatchObject({ fault: 'syntax', offset: 14 });
    expect(filter.end()).toMatchObject({ fault: 'syntax' });
  });

  test('a text that has ended takes nothing more', () => {
    const { filter } = listFilter(() => true);
    passed(filter.write(bytes('[]')));
    passed(filter.end());
    expect(filter.write(bytes(' '))).toHaveProperty('fault');
    expect(filter.end()).toHaveProperty('fault');
  });
});

describe('a selection is refused', () => {
  const filter = (selection: Partial<Record<'items' | 'keep' | 'attributes', string>>) => () => {
    const { items = '$.value[*]', keep, attributes = '@.owner' } = selection;
    const parts = { items: selector(items), attributes: [selector(attributes)] };
    return new ItemFilter({ ...LIST, ...parts, keep: keep === undefined ? [] : [selector(keep)] }, () => []);
  };

  test.each([
    ['that keeps what it filters', { keep: '$.value' }],
    ['that keeps everything', { keep: '$' }],
    ['that keeps what is not beside the path', { keep: '$.x.y' }],
    ['that keeps a member of what is not on the path', { items: '$.a.b[*]', keep: '$.x.y' }],
    ['that keeps a part of an item', { keep: '$.value[*].x' }],
    ['that keeps the elements of an array', { keep: '$[*]' }],
    ['that keeps a member of an array', { items: '$[*]', keep: '$.x' }],
    ['that keeps something of a text that is one item', { items: '$', keep: '$.x' }],
    ['whose attribute is many', { attributes: '$[*]' }],
  ])('%s', (_, selection) => {
    expect(filter(selection)).toThrow(/^selection: /);
  });

  test('unless it can be followed', () => {
    expect(filter({ keep: '$.next' })).not.toThrow();
  });
});
