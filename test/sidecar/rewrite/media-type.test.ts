import { expect, it } from 'vitest';
import { isUtf8Json } from '../../../src/sidecar/rewrite/media-type.ts';

it.each([
  'application/json',
  'APPLICATION/JSON',
  ' application/json ',
  'application/json; charset=utf-8',
  'application/json;charset=UTF-8',
  'application/json ; charset="utf-8"',
  'application/json;',
  'application/json; odata.metadata=minimal; charset=utf-8',
  'application/json; a="; charset=utf-16"',
  'application/hal+json',
  'application/problem+json; charset=utf-8',
])('%j is JSON in UTF-8', (value) => {
  expect(isUtf8Json(value)).toBe(true);
});

it.each([
  undefined,
  '',
  'text/json',
  'text/html',
  'application/jsonp',
  'application/json-seq',
  'application/x-ndjson',
  'application/+json',
  'application/json, text/html',
  'application/json text/html',
  'application/json; charset=utf-16',
  'application/json; charset=iso-8859-1',
  'application/json; charset=utf-8; charset=utf-16',
  'application/json; charset=utf-8; charset=utf-8',
  'application/json; charset',
  'application/json; charset = utf-8',
  'application/json; charset="utf-8',
  ['application/json', 'application/json'],
])('%j is not surely JSON in UTF-8', (value) => {
  expect(isUtf8Json(value)).toBe(false);
});

it('a header made to be slow to read is read in no time', () => {
  expect(isUtf8Json(`application/json${';   '.repeat(20_000)}!`)).toBe(false);
});
