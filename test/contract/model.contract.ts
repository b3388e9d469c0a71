import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Change, Precondition, Store } from '../../src/store/store.ts';
import { START, take } from './feed.contract.ts';
import type { StoreUnderTest } from './store.contract.ts';

/** Few keys and fields, so that they meet each other; among them neighbours in order and prefixes of each other. */
const key = fc.constantFrom('a', 'a ', 'a/1', 'a/10', 'a/2', 'a~', 'b', 'Z', '~', '!');
const field = fc.constantFrom('x', 'y', '__proto__', '0');
const value = fc.string({ unit: 'binary', maxLength: 5 });

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ key, remove: fc.constant(true as const) }),
  fc
    .record({
      key,
      fields: fc.uniqueArray(fc.tuple(field, fc.option(value, { nil: undefined })), {
        minLength: 1,
        selector: ([name]) => name,
      }),
    })
    .map(({ key, fields }) => ({
      key,
      set: Object.fromEntries(fields.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]]))),
      unset: fields.filter(([, text]) => text === undefined).map(([name]) => name),
    })),
);

const commit = fc.record({
  changes: fc.uniqueArray(change, { minLength: 1, maxLength: 6, selector: (each) => each.key }),
  /** Each holds, unless it is off by something. */
  preconditions: fc.array(
    fc.record({
      key,
      off: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2) }),
    }),
    { maxLength: 3 },
  ),
});

export function modelContract(subject: StoreUnderTest): void {
  test('whatever is committed, the store holds what plain maps would', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(commit, { maxLength: 12 }), async (commits) => {
        const { store } = await subject.create();
        const model = new Model();
        for (const { changes, preconditions } of commits) {
          const guards = preconditions.map(({ key, off }) => ({
            key,
            revision: model.revisionOf(key) + off,
          }));
          const result = await store.commit(changes, guards);
          const conflicts = model.commit(changes, guards);
          if (result.committed) expect([model.revision, conflicts]).toEqual([result.position.revision, []]);
          else expect(result.conflicts).toEqual(conflicts);
        }
        await model.compare(store);
      }),
      { numRuns: 50 },
    );
  });
}

class Model {
  revision = 0;
  readonly #records = new Map<string, { revision: number; fields: Map<string, string> }>();
  readonly #feed: string[][] = [];

  revisionOf(key: string): number {
    return this.#records.get(key)?.revision ?? 0;
  }

  commit(changes: readonly Change[], guards: readonly Precondition[]): string[] {
    const failed = guards.filter(({ key, revision }) => this.revisionOf(key) !== revision);
    if (failed.length > 0) return [...new Set(failed.map((guard) => guard.key))];
    this.revision += 1;
    this.#feed.push(changes.map((each) => each.key));
    for (const each of changes) {
      const fields = 'remove' in each ? new Map<string, string>() : this.#changedFields(each);
      if (fields.size === 0) this.#records.delete(each.key);
      else this.#records.set(each.key, { revision: this.revision, fields });
    }
    return [];
  }

  #changedFields(each: Exclude<Change, { remove: true }>): Map<string, string> {
    const fields = new Map(this.#records.get(each.key)?.fields);
    for (const [name, text] of Object.entries(each.set ?? {})) fields.set(name, text);
    for (const name of each.unset ?? []) fields.delete(name);
    return fields;
  }

  async compare(store: Store): Promise<void> {
    const expected = [...this.#records]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, { revision, fields }]) => ({ key, revision, fields: Object.fromEntries(fields) }));
    for (const prefix of ['', 'a', 'a/1', '~']) {
      const records = expected.filter((record) => record.key.startsWith(prefix));
      expect(await store.list(prefix, { limit: 100 })).toMatchObject({ revision: this.revision, records });
    }
    const { records } = await store.read(expected.map((record) => record.key));
    expect(records).toEqual(expected);
    const entries = this.revision === 0 ? [] : await take(store, START, this.revision);
    expect(entries.map((entry) => entry.keys)).toEqual(this.#feed);
  }
}
