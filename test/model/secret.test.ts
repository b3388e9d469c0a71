import { format, inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';

const secret = new Secret('hunter2');

test('a secret is shown by no way of printing', () => {
  const printed = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true, depth: 9 }),
    format('%s %o %O %j', secret, secret, secret, secret),
    Object.entries(secret).join(''),
  ];
  expect(printed.join('\n')).not.toContain('hunter2');
  expect(String(secret)).toBe('[secret]');
});

test('a copy of a secret does not take its text along', () => {
  expect(Object.assign({}, secret)).toEqual({});
  expect(inspect(structuredClone(secret))).not.toContain('hunter2');
});

test('revealing a secret gives its text', () => {
  expect(secret.reveal()).toBe('hunter2');
});
