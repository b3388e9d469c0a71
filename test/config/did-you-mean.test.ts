import { expect, test } from 'vitest';
import { suggestion } from '../../src/config/did-you-mean.ts';

const KNOWN = ['upstream', 'response', 'query', 'api'];

test.each([
  ['uptream', 'upstream'],
  ['upstraem', 'upstream'],
  ['Upstream', 'upstream'],
  ['qurey', 'query'],
  ['apis', 'api'],
])('%s: %s is meant', (mistyped, meant) => {
  expect(suggestion(mistyped, KNOWN)).toBe(`; did you mean ${meant}?`);
});

test.each(['', 'x', 'xyz', 'timeout'])('%j: nothing near, so all that there is', (mistyped) => {
  expect(suggestion(mistyped, KNOWN)).toBe(' (there is: upstream, response, query, api)');
});

test('where there is no name, none is told', () => {
  expect(suggestion('x', [])).toBe('');
});
