import { describe, expect, test } from 'vitest';
import { CASES as ENVELOPE } from './envelope-cases.ts';
import { type FilterCase, CASES as ITEMS } from './filter-cases.ts';
import { CASES as LIMITS } from './limit-cases.ts';
import { cut, runFilter, selector } from './run-filter.ts';

const CHUNK_SIZES = [1, 2, 3, 7, Number.MAX_SAFE_INTEGER];

function check(given: FilterCase, size: number): void {
  const { items = '$[*]', attributes = ['@.owner'], visible = ['1'] } = given;
  const result = runFilter(
    cut(Buffer.from(given.text), size),
    {
      items: selector(items),
      attributes: attributes.map(selector),
      keep: (given.keep ?? []).map(selector),
      prune: given.prune ?? false,
      maxItemBytes: given.maxItemBytes ?? 1_048_576,
    },
    (tuple) => visible.includes(tuple.join('/')),
  );
  if (given.fault !== undefined) {
    expect(result, `chunks of ${size}`).toMatchObject({ fault: given.fault });
    return;
  }
  expect(result, `chunks of ${size}`).toMatchObject({ output: given.output, counts: given.counts ?? {} });
}

describe.each([
  ['items', ITEMS],
  ['the envelope', ENVELOPE],
  ['limits', LIMITS],
])('%s', (_, cases) => {
  test.each(cases.map((given) => [given.name, given] as const))('%s', (_, given) => {
    for (const size of CHUNK_SIZES) check(given, size);
  });
});
