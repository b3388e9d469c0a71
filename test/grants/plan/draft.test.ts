import { afterAll, beforeEach, expect, test } from 'vitest';
import type { Origin } from '../../../src/grants/actor.ts';
import type { AppliedChange } from '../../../src/grants/applied-change.ts';
import { Draft } from '../../../src/grants/plan/draft.ts';
import type { Change, Store } from '../../../src/store/store.ts';
import { allRecords, behind, Rig } from '../rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

let store: Store;
let commits: (readonly Change[])[];
beforeEach(async () => {
  commits = [];
  const plain = await rig.openStore();
  store = behind(plain, {
    commit: (changes, preconditions) => {
      commits.push(changes);
      return plain.commit(changes, preconditions);
    },
  });
});

const ORIGIN: Origin = { actor: { kind: 'system', name: 'test' }, route: 'apply' };

function added(text: string): AppliedChange {
  return { kind: 'added', text, subject: { kind: 'role', roleId: text } };
}

async function content() {
  return (await allRecords(store)).map(({ key, fields }) => [key, { ...fields }]);
}

test('a step sees what those before it did, and the store what all did', async () => {
  await store.commit([{ key: 'a', set: { x: '1', y: '1' } }]);
  const draft = new Draft(store, ORIGIN);
  await draft.load(['a', 'b']);
  draft.add(added('one'), [{ key: 'a', set: { x: '2', z: '2' }, unset: ['y'] }]);
  expect(draft.get('a')?.fields).toEqual({ x: '2', z: '2' });
  draft.add(added('two'), [{ key: 'a', set: { y: '3' }, unset: ['x', 'z'] }]);
  expect(draft.get('a')?.fields).toEqual({ y: '3' });
  draft.add(added('three'), [
    { key: 'a', unset: ['y'] },
    { key: 'b', set: { x: '4' } },
  ]);
  expect(draft.get('a')).toBeUndefined();
  expect(await draft.commit(() => undefined)).toBe(true);
  expect(await content()).toEqual([['b', { x: '4' }]]);
  expect(commits).toHaveLength(2);
});

test('a field that is unset and set again is set', async () => {
  await store.commit([{ key: 'a', set: { x: '1', y: '1' } }]);
  const draft = new Draft(store, ORIGIN);
  await draft.load(['a']);
  draft.add(added('unset'), [{ key: 'a', unset: ['x'] }]);
  draft.add(added('set'), [{ key: 'a', set: { x: '2' } }]);
  expect(await draft.commit(() => undefined)).toBe(true);
  expect(await content()).toEqual([['a', { x: '2', y: '1' }]]);
});

test('a record that is removed and made anew keeps nothing of before', async () => {
  await store.commit([{ key: 'a', set: { x: '1', y: '1' } }]);
  const draft = new Draft(store, ORIGIN);
  await draft.load(['a']);
  draft.add(added('gone'), [{ key: 'a', remove: true }]);
  draft.add(added('back'), [{ key: 'a', set: { x: '2' } }]);
  expect(draft.get('a')?.fields).toEqual({ x: '2' });
  expect(await draft.commit(() => undefined)).toBe(true);
  expect(await content()).toEqual([['a', { x: '2' }]]);
});

test('a record that several commits change is held to the revision that each of them made', async () => {
  const draft = new Draft(store, ORIGIN);
  for (let n = 0; n < 2500; n += 1) draft.add(added(`${n}`), [{ key: 'a', set: { [`field${n}`]: '' } }]);
  const told: string[] = [];
  expect(await draft.commit(({ text }) => told.push(text))).toBe(true);
  expect(commits.every((changes) => changes.length <= 1000)).toBe(true);
  expect(told).toEqual(Array.from({ length: 2500 }, (_, n) => `${n}`));
});

test('a commit stops where somebody else has changed a record that it changes or rests on', async () => {
  await store.commit([{ key: 'a', set: { x: '1' } }]);
  for (const [change, basis] of [
    ['a', 'b'],
    ['b', 'a'],
  ] as const) {
    const draft = new Draft(store, ORIGIN);
    await draft.load(['a', 'b']);
    draft.add(added('change'), [{ key: change, set: { y: '1' } }], [basis]);
    await store.commit([{ key: 'a', set: { x: '2' } }]);
    expect(await draft.commit(() => expect.unreachable())).toBe(false);
  }
  expect(await content()).toEqual([['a', { x: '2' }]]);
});
