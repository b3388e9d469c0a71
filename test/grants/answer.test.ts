import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test, vi } from 'vitest';
import { Answer, AnswersByRecord } from '../../src/grants/answer.ts';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

test('an answer is found by every record that it rests on, once', () => {
  const answers = new AnswersByRecord();
  const answer = new Answer('hash', undefined);
  answers.add(answer, ['key/1', 'user/1']);
  expect(answers.take('user/2')).toEqual([]);
  expect(answers.take('user/1')).toEqual([answer]);
  expect(answers.take('user/1')).toEqual([]);
  expect(answers.take('key/1')).toEqual([answer]);
});

test('an answer that somebody holds is found, and one that nobody holds is let go', async () => {
  const answers = new AnswersByRecord();
  const held = new Answer('held', undefined);
  answers.add(held, ['user/1']);
  for (let n = 0; n < 100; n += 1) answers.add(new Answer(`${n}`, undefined), ['user/1', `key/${n}`]);
  await vi.waitFor(() => {
    collectGarbage();
    expect(answers.size).toBe(1);
  });
  expect(answers.take('user/1')).toEqual([held]);
});
