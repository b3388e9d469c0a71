import { describe, expect, test } from 'vitest';
import type { Change, Store } from '../../src/store/store.ts';
import { feedContract, START, take } from './feed.contract.ts';
import { modelContract } from './model.contract.ts';

/** A store under test: an empty one each time, and as many further openings of it as a test wants. */
export interface StoreUnderTest {
  /** Opens a new, empty store that keeps this many commits in its feed (or some more). */
  create(keptCommits?: number): Promise<{ readonly store: Store; again(): Promise<Store> }>;
}

/** What every store does. */
export function storeContract(subject: StoreUnderTest): void {
  feedContract(subject);
  modelContract(subject);

  describe('commits', () => {
    test('a commit shows all of its changes, each record at its revision', async () => {
      const { store } = await subject.create();
      const result = await store.commit([
        { key: 'a', set: { x: '1', y: '2' } },
        { key: 'b', set: { x: '3' } },
      ]);
      expect(result).toEqual({ committed: true, position: { revision: 1, commitId: expect.any(String) } });
      expect(await store.read(['b', 'nothing', 'a'])).toEqual({
        ...(await store.position()),
        records: [
          { key: 'b', revision: 1, fields: { x: '3' } },
          undefined,
          { key: 'a', revision: 1, fields: { x: '1', y: '2' } },
        ],
      });
    });

    test('an empty store is at revision 0', async () => {
      const { store } = await subject.create();
      expect(await store.position()).toEqual(START);
      expect(await store.read(['a'])).toEqual({ ...START, records: [undefined] });
      expect(await store.list('', { limit: 1 })).toEqual({ ...START, records: [] });
    });

    test('set adds to the fields that are there, unset takes from them', async () => {
      const { store } = await subject.create();
      await store.commit([{ key: 'a', set: { x: '1', y: '2' } }]);
      await store.commit([{ key: 'a', set: { z: '3' }, unset: ['x', 'never'] }]);
      expect((await store.read(['a'])).records).toEqual([
        { key: 'a', revision: 2, fields: { y: '2', z: '3' } },
      ]);
    });

    test('a record that loses its last field is gone', async () => {
      const { store } = await subject.create();
      await store.commit([{ key: 'a', set: { x: '1' } }]);
      await store.commit([{ key: 'a', unset: ['x'] }]);
      expect((await store.read(['a'])).records).toEqual([undefined]);
      expect((await store.list('', { limit: 9 })).records).toEqual([]);
      expect(await store.commit([{ key: 'a', set: { x: '2' } }], [{ key: 'a', revision: 0 }])).toMatchObject({
        committed: true,
      });
    });

    test('a removed record keeps nothing for the one that comes after it', async () => {
      const { store } = await subject.create();
      await store.commit([{ key: 'a', set: { x: '1' } }]);
      await store.commit([{ key: 'a', remove: true }]);
      expect((await store.list('', { limit: 9 })).records).toEqual([]);
      await store.commit([{ key: 'a', set: { y: '2' } }]);
      expect((await store.read(['a'])).records).toEqual([{ key: 'a', revision: 3, fields: { y: '2' } }]);
    });

    test('removing or unsetting what is not there is a commit that leaves no record', async () => {
      const { store } = await subject.create();
      await store.commit([
        { key: 'a', remove: true },
        { key: 'b', unset: ['x'] },
      ]);
      expect(await store.read(['a', 'b'])).toMatchObject({ revision: 1, records: [undefined, undefined] });
    });

    test('setting a field to the value it has makes a new revision of the record', async () => {
      const { store } = await subject.create();
      await store.commit([{ key: 'a', set: { x: '1' } }]);
      await store.commit([{ key: 'a', set: { x: '1' } }]);
      expect((await store.read(['a'])).records[0]?.revision).toBe(2);
    });

    test('a record that a commit does not name keeps its revision', async () => {
      const { store } = await subject.create();
      await store.commit([{ key: 'a', set: { x: '1' } }]);
      await store.commit([{ key: 'b', set: { x: '1' } }]);
      expect((await store.read(['a'])).records[0]?.revision).toBe(1);
    });

    test('conflicts name the failed keys, each once, and nothing is changed', async () => {
      const { store } = await subject.create();
      await store.commit([
        { key: 'a', set: { x: '1' } },
        { key: 'b', set: { x: '1' } },
      ]);
      const position = await store.position();
      const result = await store.commit(
        [
          { key: 'a', set: { x: '2' } },
          { key: 'b', remove: true },
          { key: 'c', set: { x: '2' } },
        ],
        [
          { key: 'a', revision: 1 },
          { key: 'b', revision: 0 },
          { key: 'b', revision: 7 },
          { key: 'c', revision: 1 },
          { key: 'd', revision: 0 },
        ],
      );
      expect(result).toEqual({ committed: false, conflicts: ['b', 'c'] });
      expect(await store.position()).toEqual(position);
      const { records } = await store.list('', { limit: 9 });
      expect(records.map(({ key, fields }) => [key, fields['x']])).toEqual([
        ['a', '1'],
        ['b', '1'],
      ]);
    });

    test('a precondition may be on a record that the commit does not change', async () => {
      const { store } = await subject.create();
      await store.commit([{ key: 'guard', set: { x: '1' } }]);
      const change: Change = { key: 'a', set: { x: '1' } };
      expect(await store.commit([change], [{ key: 'guard', revision: 0 }])).toMatchObject({
        committed: false,
      });
      expect(await store.commit([change], [{ key: 'guard', revision: 1 }])).toMatchObject({
        committed: true,
      });
    });

    test('of many writers that count up one record under a precondition, no count is lost', async () => {
      const { store, again } = await subject.create();
      const stores = [store, await again(), await again()];
      const writers = stores.flatMap((writer) => [writer, writer]);
      await Promise.all(writers.map((writer) => countUp(writer, 10)));
      const { revision, records } = await store.read(['counter']);
      expect(records[0]?.fields).toEqual({ count: '60' });
      expect(revision).toBe(60);
    });

    test('values may be any Unicode text', async () => {
      const { store } = await subject.create();
      const fields = {
        empty: '',
        nul: 'a\0b',
        emoji: '👩🏽‍🌾🇳🇴',
        line: 'a\r\n\u2028\t"\\',
        bom: '\uFEFFx',
        last: '\u{10FFFF}',
        long: 'é'.repeat(100_000),
      };
      await store.commit([{ key: 'a', set: fields }]);
      expect((await store.read(['a'])).records[0]?.fields).toEqual(fields);
    });

    test('field names that mean something to JavaScript are but names', async () => {
      const { store } = await subject.create();
      const fields = Object.fromEntries([
        ['__proto__', 'p'],
        ['constructor', 'c'],
        ['1', 'one'],
        [' ', 'space'],
      ]);
      await store.commit([{ key: '__proto__', set: fields }]);
      const [record] = (await store.read(['__proto__'])).records;
      expect(new Map(Object.entries(record?.fields ?? {}))).toEqual(new Map(Object.entries(fields)));
      expect(record?.fields['toString']).toBeUndefined();
    });

    test('a commit of 5,000 records is one revision', async () => {
      const { store } = await subject.create();
      const keys = Array.from({ length: 5_000 }, (_, index) => `product/${String(index).padStart(5, '0')}`);
      await store.commit(keys.map((key) => ({ key, set: { owner: '10001', distributor: '20003' } })));
      const page = await store.list('product/', { limit: 10_000 });
      expect(page.revision).toBe(1);
      expect(page.records.map((record) => record.key)).toEqual(keys);
      expect((await take(store, START, 1))[0]?.keys).toEqual(keys);
    });
  });

  describe('lists', () => {
    const odd = [
      '{',
      '}',
      '~',
      '!',
      ' ',
      '*',
      '[a',
      '(a',
      '\\',
      'a',
      'a!',
      'a~',
      'a/1',
      'a/10',
      'a/2',
      'B',
      '-',
      '+',
    ];

    test('records come in bytewise order of their keys, whatever the keys', async () => {
      const { store } = await subject.create();
      await store.commit(odd.map((key) => ({ key, set: { x: key } })));
      const { records } = await store.list('', { limit: 100 });
      expect(records.map((record) => record.key)).toEqual([...odd].sort());
      expect(records.every((record) => record.fields['x'] === record.key)).toBe(true);
    });

    test('only keys with the prefix are listed', async () => {
      const { store } = await subject.create();
      await store.commit(odd.map((key) => ({ key, set: { x: '1' } })));
      for (const prefix of ['a', 'a/', 'a/1', '~', '[', '{', 'nothing', '*']) {
        const { records } = await store.list(prefix, { limit: 100 });
        expect(records.map((record) => record.key)).toEqual(
          odd.filter((key) => key.startsWith(prefix)).sort(),
        );
      }
    });

    test('pages follow each other without gap or repeat, also where the last key is gone by then', async () => {
      const { store } = await subject.create();
      await store.commit(odd.map((key) => ({ key, set: { x: '1' } })));
      const found: string[] = [];
      for (;;) {
        const after = found.at(-1);
        const { records } = await store.list('', { limit: 3, ...(after !== undefined && { after }) });
        found.push(...records.map((record) => record.key));
        if (records.length < 3) break;
        await store.commit([{ key: found.at(-1) ?? '', remove: true }]);
      }
      expect(found).toEqual([...odd].sort());
    });

    test('a page that starts before or beyond the prefix is cut to it', async () => {
      const { store } = await subject.create();
      await store.commit(['a', 'b1', 'b2', 'c'].map((key) => ({ key, set: { x: '1' } })));
      const keys = async (after: string) =>
        (await store.list('b', { after, limit: 9 })).records.map((record) => record.key);
      expect(await keys('a')).toEqual(['b1', 'b2']);
      expect(await keys('b')).toEqual(['b1', 'b2']);
      expect(await keys('b1')).toEqual(['b2']);
      expect(await keys('c')).toEqual([]);
    });
  });

  describe('arguments', () => {
    const set = { x: '1' };
    const faulty: Record<string, (store: Store) => Promise<unknown>> = {
      'a commit without a change': (store) => store.commit([]),
      'an empty key': (store) => store.commit([{ key: '', set }]),
      'a key with a line break': (store) => store.commit([{ key: 'a\nb', set }]),
      'a key beyond ASCII': (store) => store.commit([{ key: 'é', set }]),
      'a key with a NUL': (store) => store.read(['a\0']),
      'a record changed twice': (store) =>
        store.commit([
          { key: 'a', set },
          { key: 'a', remove: true },
        ]),
      'a change that changes nothing': (store) => store.commit([{ key: 'a', set: {}, unset: [] }]),
      'an empty field name': (store) => store.commit([{ key: 'a', set: { '': '1' } }]),
      'an empty field name unset': (store) => store.commit([{ key: 'a', unset: [''] }]),
      'a field set and unset': (store) => store.commit([{ key: 'a', set, unset: ['x'] }]),
      'a lone surrogate': (store) => store.commit([{ key: 'a', set: { x: '\ud800' } }]),
      'a precondition at half a revision': (store) =>
        store.commit([{ key: 'a', set }], [{ key: 'a', revision: 0.5 }]),
      'a precondition on an odd key': (store) =>
        store.commit([{ key: 'a', set }], [{ key: '\t', revision: 0 }]),
      'an odd prefix': (store) => store.list('é', { limit: 1 }),
      'an odd start of a page': (store) => store.list('a', { after: 'a\x7f', limit: 1 }),
      'a page of nothing': (store) => store.list('a', { limit: 0 }),
      'a page without a bound': (store) => store.list('a', { limit: Number.POSITIVE_INFINITY }),
      'more records than one call may name': (store) => store.read(Array.from({ length: 10_001 }, () => 'a')),
      'a feed from a negative revision': (store) => take(store, { revision: -1, commitId: 'x' }, 1),
      'a feed from a revision without its id': (store) => take(store, { revision: 1, commitId: '' }, 1),
    };

    test.each(Object.entries(faulty))('%s is refused, and nothing is done', async (_, call) => {
      const { store } = await subject.create();
      await expect(call(store)).rejects.toMatchObject({ name: 'StoreError', code: 'invalid' });
      expect((await store.position()).revision).toBe(0);
    });
  });
}

/** Adds 1 to a record's count, so many times, each time from what it read and under that precondition. */
async function countUp(store: Store, times: number): Promise<void> {
  for (let done = 0; done < times; ) {
    const [record] = (await store.read(['counter'])).records;
    const count = String(Number(record?.fields['count'] ?? '0') + 1);
    const guard = { key: 'counter', revision: record?.revision ?? 0 };
    const result = await store.commit([{ key: 'counter', set: { count } }], [guard]);
    if (result.committed) done += 1;
  }
}
