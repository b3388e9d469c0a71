import { expect, test } from 'vitest';
import { normalizeEmail } from '../../src/model/email.ts';

test('an address is lower-cased and nothing else is folded', () => {
  expect(normalizeEmail('API@Wholesaler.NO')).toBe('api@wholesaler.no');
  expect(normalizeEmail('a.b+c@x-y.example')).toBe('a.b+c@x-y.example');
  expect(normalizeEmail('ab+c@x-y.example')).not.toBe(normalizeEmail('a.b@x-y.example'));
});

test.each([
  ['no at sign', 'wholesaler.no'],
  ['two at signs', 'a@b@c.no'],
  ['no local part', '@wholesaler.no'],
  ['no domain', 'api@'],
  ['a domain of one label', 'api@localhost'],
  ['a letter outside ASCII', 'ápi@wholesaler.no'],
  ['a letter that only becomes ASCII when lower-cased', '\u212aari@wholesaler.no'],
  ['a domain outside ASCII', 'api@grossist-ø.no'],
  ['a space', 'api @wholesaler.no'],
  ['a line feed', 'api@wholesaler.no\n'],
  ['a quoted local part', '"api"@wholesaler.no'],
  ['an address literal', 'api@[127.0.0.1]'],
  ['a dot at the local part’s end', 'api.@wholesaler.no'],
  ['two dots in a row', 'a..b@wholesaler.no'],
  ['a label that ends with a hyphen', 'api@whole-.no'],
  ['an empty label', 'api@whole..no'],
  ['a final dot', 'api@wholesaler.no.'],
  ['a local part of 65 characters', `${'a'.repeat(65)}@wholesaler.no`],
  ['a label of 64 characters', `api@${'a'.repeat(64)}.no`],
  ['255 characters', `api@${'a.'.repeat(124)}abc`],
])('%s is no address', (_, text) => {
  expect(normalizeEmail(text)).toBeUndefined();
});
