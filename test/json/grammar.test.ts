import { describe, expect, test } from 'vitest';
import { INVALID, NOT_UTF8, VALID } from './grammar-cases.ts';
import { cut, runFilter } from './run-filter.ts';

const CHUNK_SIZES = [1, 2, 3, 7, Number.MAX_SAFE_INTEGER];
const SELECTION = { items: [], attributes: [], keep: [], prune: false, maxItemBytes: 1_048_576 };

/** What comes of a text in which everything is visible, by the size of the chunks it comes in. */
function outcomes(bytes: Uint8Array): unknown[] {
  return CHUNK_SIZES.map((size) => {
    const result = runFilter(cut(bytes, size), SELECTION, () => true);
    return 'fault' in result ? result.fault : result.output;
  });
}

function withinArray(text: string): Buffer {
  return Buffer.from(`[${text} , ${text}]`);
}

describe('a text that RFC 8259 accepts passes as it is', () => {
  test.each(VALID)('%j', (text) => {
    expect(outcomes(Buffer.from(text))).toEqual(CHUNK_SIZES.map(() => text));
    expect(outcomes(withinArray(text))).toEqual(CHUNK_SIZES.map(() => `[${text} , ${text}]`));
    JSON.parse(text);
  });
});

describe('a text that RFC 8259 refuses is refused', () => {
  test.each(INVALID)('%j', (text) => {
    expect(outcomes(Buffer.from(text))).toEqual(CHUNK_SIZES.map(() => 'syntax'));
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
  });
});

describe('bytes that are not UTF-8 are refused', () => {
  const cases = NOT_UTF8.map((bytes) => [Buffer.from(bytes).toString('hex'), Buffer.from(bytes)] as const);

  test.each(cases)('%s in a string, also if its closing quote or the end comes next', (_, bytes) => {
    for (const [before, after] of [
      ['["é", "a', '", 1]'],
      ['"', '"'],
      ['{"', '":1}'],
    ] as const) {
      const text = Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
      expect(outcomes(text)).toEqual(CHUNK_SIZES.map(() => 'encoding'));
    }
  });

  test.each(cases)('%s at the end of a text', (_, bytes) => {
    for (const before of ['[]', '"', '["']) {
      const text = Buffer.concat([Buffer.from(before), bytes]);
      for (const outcome of outcomes(text)) expect(['encoding', 'syntax']).toContain(outcome);
    }
  });
});

describe('the depth of containers', () => {
  const nested = (depth: number) => Buffer.from('[{"a":'.repeat(depth / 2) + '1' + '}]'.repeat(depth / 2));

  test('may be 1,024', () => {
    expect(outcomes(nested(1024))).toEqual(CHUNK_SIZES.map(() => nested(1024).toString()));
  });

  test('may not be more', () => {
    expect(outcomes(nested(1026))).toEqual(CHUNK_SIZES.map(() => 'too_large'));
  });
});

test('a fault tells where it was noticed', () => {
  for (const size of CHUNK_SIZES) {
    const all = { ...SELECTION, items: [{ kind: 'wildcard' }] } as const;
    expect(runFilter(cut(Buffer.from('[1, 2,\n x]'), size), all, () => true)).toMatchObject({ offset: 8 });
    expect(runFilter(cut(Buffer.from('["\xe9\xe9", 2'), size), all, () => true)).toMatchObject({
      offset: 10,
    });
  }
});
