import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Choices, documentOf } from './documents.ts';
import { expectedText, filterParsed, isKept, itemsOf, textOf, type Visible } from './expected.ts';
import { cut, runFilter } from './run-filter.ts';

/** Documents a property is tried on; `JSON_RUNS=100000 vitest run test/json` for a long run. */
const numRuns = Number(process.env['JSON_RUNS'] ?? 2000);

const tape = fc.uint8Array({ maxLength: 500, size: 'max' });
const chunkSize = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 10, max: 3000 }));
/** Whether a tuple is visible is a function of its text and of this number. */
const salt = fc.integer({ min: 0, max: 4 });

function visibleBy(salt: number): Visible {
  if (salt === 4) return () => true;
  return (tuple) => {
    let sum = salt;
    for (const text of tuple) for (let i = 0; i < text.length; i++) sum += text.charCodeAt(i);
    return sum % 4 === 0;
  };
}

describe('for any document, selection, verdicts and chunk borders', () => {
  test('what goes out is what the items and the whitespace rule make of it, byte for byte', () => {
    fc.assert(
      fc.property(tape, chunkSize, salt, (bytes, size, salt) => {
        const document = documentOf(new Choices(bytes), false);
        const visible = visibleBy(salt);
        const items = itemsOf(document.root);
        const kept = items.map((item) => isKept(item, visible));
        const result = runFilter(cut(Buffer.from(textOf(document)), size), document.selection, visible);
        if ('fault' in result) throw new Error(result.message);

        expect(result.output).toBe(expectedText(document, visible) ?? '');
        expect(result.counts).toMatchObject({
          kept: kept.filter(Boolean).length,
          hidden: kept.filter((isKept) => !isKept).length,
          faulty: items.filter(({ tuple }) => tuple === undefined).length,
        });
      }),
      { numRuns },
    );
  });

  test('what goes out, parsed, is what a plain filter leaves of the parsed text; nothing hidden is in it', () => {
    fc.assert(
      fc.property(tape, chunkSize, salt, (bytes, size, salt) => {
        const document = documentOf(new Choices(bytes), false);
        const visible = visibleBy(salt);
        const items = itemsOf(document.root);
        const kept = items.map((item) => isKept(item, visible));
        const text = textOf(document);
        const result = runFilter(cut(Buffer.from(text), size), document.selection, visible);
        if ('fault' in result) throw new Error(result.message);

        if (document.selection.items.length > 0 || kept[0] === true) {
          expect(JSON.parse(result.output)).toEqual(filterParsed(JSON.parse(text), document, kept));
        }
        for (const { marker, ...item } of items) {
          if (marker !== undefined)
            expect(result.output.includes(marker)).toBe(isKept({ marker, ...item }, visible));
        }
      }),
      { numRuns },
    );
  });

  test('a path that is not what the selection says is refused', () => {
    fc.assert(
      fc.property(tape, chunkSize, salt, (bytes, size, salt) => {
        const document = documentOf(new Choices(bytes), true);
        const result = runFilter(
          cut(Buffer.from(textOf(document)), size),
          document.selection,
          visibleBy(salt),
        );
        expect('fault' in result ? result.fault : undefined).toBe(document.broken ? 'structure' : undefined);
      }),
      { numRuns },
    );
  });

  test('the limit of what is held does not depend on where the text is cut', () => {
    const limit = fc.integer({ min: 1, max: 120 });
    fc.assert(
      fc.property(tape, chunkSize, salt, limit, (bytes, size, salt, maxItemBytes) => {
        const document = documentOf(new Choices(bytes), false);
        const selection = { ...document.selection, maxItemBytes };
        const whole = runFilter([Buffer.from(textOf(document))], selection, visibleBy(salt));
        const pieces = runFilter(cut(Buffer.from(textOf(document)), size), selection, visibleBy(salt));
        if ('fault' in whole) expect(pieces).toMatchObject({ fault: whole.fault });
        else expect(pieces).toEqual(whole);
      }),
      { numRuns },
    );
  });
});

test('in a long list each item is decided by its own values, however they are spelled', () => {
  const value = fc.oneof(
    fc.integer({ min: 0, max: 2000 }).map((n) => [String(n), String(n)] as const),
    fc.integer({ min: 0, max: 2000 }).map((n) => [`"${n}"`, String(n)] as const),
    fc.integer({ min: 0, max: 9 }).map((n) => [`"\\u003${n}"`, String(n)] as const),
    fc.integer({ min: 0, max: 40 }).map((n) => [`"${'1'.repeat(n)}"`, '1'.repeat(n)] as const),
  );
  const items = fc.array(fc.tuple(value, value), { minLength: 50, maxLength: 1500, size: 'max' });
  const selection = {
    items: [{ kind: 'wildcard' }],
    attributes: [[{ kind: 'name', name: 'a' }], [{ kind: 'name', name: 'b' }]],
    keep: [],
    prune: false,
    maxItemBytes: 1_048_576,
  } as const;
  fc.assert(
    fc.property(items, chunkSize, salt, (items, size, salt) => {
      const visible = visibleBy(salt);
      const texts = items.map(([[a], [b]]) => `{"a":${a},"b":${b}}`);
      const kept = texts.filter((_, i) => visible([items[i]?.[0][1] ?? '', items[i]?.[1][1] ?? '']));
      const result = runFilter(cut(Buffer.from(`[${texts.join(',')}]`), size), selection, visible);
      expect('fault' in result ? result : result.output).toBe(`[${kept.join(',')}]`);
    }),
    { numRuns: numRuns / 20 },
  );
});

describe('for any mutation of a document', () => {
  const mutations = fc.array(
    fc.record({
      at: fc.nat(),
      remove: fc.integer({ min: 0, max: 3 }),
      insert: fc.oneof(
        fc
          .constantFrom(...Array.from('{}[]",:0-1.eE+\\u \n/tn'), '"a":', '1,', '\ufeff', '\\ud800')
          .map((text) => Buffer.from(text)),
        fc
          .constantFrom([0xc3], [0xe2, 0x82], [0xf0], [0xf0, 0x9f, 0x98], [0x80])
          .map((bytes) => Buffer.from(bytes)),
        fc.uint8Array({ maxLength: 2 }),
      ),
    }),
    { minLength: 1, maxLength: 3 },
  );

  test('it is accepted if and only if JSON.parse accepts it', () => {
    const everything = { items: [], attributes: [], keep: [], prune: false, maxItemBytes: 1_048_576 };
    fc.assert(
      fc.property(tape, mutations, chunkSize, (bytes, mutations, size) => {
        let text: Uint8Array = Buffer.from(textOf(documentOf(new Choices(bytes), true)));
        for (const { at, remove, insert } of mutations) {
          const from = at % (text.length + 1);
          text = Buffer.concat([text.subarray(0, from), insert, text.subarray(from + remove)]);
        }
        const result = runFilter(cut(text, size), everything, () => true);
        expect('fault' in result).toBe(!parses(text));
        if (!('fault' in result)) expect(result.output).toBe(Buffer.from(text).toString());
      }),
      { numRuns },
    );
  });
});

function parses(text: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(text));
    return true;
  } catch {
    return false;
  }
}
