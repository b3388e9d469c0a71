import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isRefusal } from '../../../src/sidecar/refusals.ts';
import { readQuery } from '../../../src/sidecar/route/query.ts';

const LISTED = ['changedSince', 'maxResults', '$filter', 'a b'];
const listed = (raw: string) => readQuery(raw, LISTED, 'subscription-key');
const unchecked = (raw: string) => readQuery(raw, 'unchecked', 'subscription-key');

describe('a route with listed parameters takes', () => {
  it.each([
    ['', [], ''],
    ['&', [], ''],
    ['changedSince=2026-05-05', [['changedSince', '2026-05-05']], '?changedSince=2026-05-05'],
    [
      'maxResults=5&changedSince=x',
      [
        ['maxResults', '5'],
        ['changedSince', 'x'],
      ],
      '?maxResults=5&changedSince=x',
    ],
    ['maxResults', [['maxResults', '']], '?maxResults'],
    ['maxResults=', [['maxResults', '']], '?maxResults='],
    ['maxResults=a=b', [['maxResults', 'a=b']], '?maxResults=a%3Db'],
    ['m%61xResults=%35', [['maxResults', '5']], '?maxResults=5'],
    ['maxResults=a+b', [['maxResults', 'a b']], '?maxResults=a%20b'],
    ['maxResults=a%2Bb', [['maxResults', 'a+b']], '?maxResults=a%2Bb'],
    ['a+b=1', [['a b', '1']], '?a%20b=1'],
    ['maxResults=a%3Bb%26c%23d%25', [['maxResults', 'a;b&c#d%']], '?maxResults=a%3Bb%26c%23d%25'],
    [
      'changedSince=2026-05-05T12:00:00%2B02:00',
      [['changedSince', '2026-05-05T12:00:00+02:00']],
      '?changedSince=2026-05-05T12:00:00%2B02:00',
    ],
    ['%24filter=id eq 1', [['$filter', 'id eq 1']], '?$filter=id%20eq%201'],
    ['maxResults=ch%C3%A2teau', [['maxResults', 'château']], '?maxResults=ch%C3%A2teau'],
    ['&maxResults=1&&', [['maxResults', '1']], '?maxResults=1'],
  ])('%j', (raw, parameters, search) => {
    expect(listed(raw)).toEqual({ parameters, search, key: undefined });
  });
});

describe('a route with listed parameters refuses', () => {
  it.each([
    ['one that is not listed', 'other=1', 'query_unknown'],
    ['one without a name', '=1', 'query_unknown'],
    ['one that differs by case', 'maxresults=1', 'query_unknown'],
    ['one as an array', 'maxResults[]=1', 'query_unknown'],
    ['one by an index', 'maxResults%5B0%5D=1', 'query_unknown'],
    ['one with a NUL behind its name', 'maxResults%00=1', 'query_ambiguous'],
    ['one twice', 'maxResults=1&maxResults=2', 'query_ambiguous'],
    ['one twice with the same value', 'maxResults=1&maxResults=1', 'query_ambiguous'],
    ['one twice, spelled differently', 'maxResults=1&m%61xResults=1', 'query_ambiguous'],
    ['a semicolon between two', 'maxResults=1;changedSince=2', 'query_ambiguous'],
    ['half an escape', 'maxResults=%', 'query_ambiguous'],
    ['an escape that is none', 'maxResults=%zz', 'query_ambiguous'],
    ['an escape of old browsers', 'maxResults=%u0041', 'query_ambiguous'],
    ['what is not UTF-8', 'maxResults=%ff', 'query_ambiguous'],
    ['overlong UTF-8', 'maxResults=%c0%af', 'query_ambiguous'],
    ['a line break', 'maxResults=%0d%0aX: y', 'query_ambiguous'],
    ['a NUL', 'maxResults=%00', 'query_ambiguous'],
    ['another method', '_method=DELETE', 'method_override'],
    ['another method in capitals', '_METHOD=DELETE', 'method_override'],
    ['two keys', 'subscription-key=a&subscription-key=a', 'key_ambiguous'],
    ['a key that differs by case', 'Subscription-Key=a', 'query_ambiguous'],
  ])('%s', (_, raw, code) => {
    expect(listed(raw)).toMatchObject({ code });
  });
});

it('a refusal repeats nothing of the query, which may be a key in the wrong place', () => {
  expect(JSON.stringify(listed('0123456789abcdef=1'))).not.toContain('0123456789abcdef');
});

describe('the subscription key', () => {
  it.each([
    ['subscription-key=abc', 'abc', ''],
    ['subscription%2Dkey=abc', 'abc', ''],
    ['maxResults=1&subscription-key=abc', 'abc', '?maxResults=1'],
    ['subscription-key=a%2Bb&maxResults=1', 'a+b', '?maxResults=1'],
    ['subscription-key=', '', ''],
  ])('is taken out of %j', (raw, key, search) => {
    expect(listed(raw)).toMatchObject({ key, search });
    expect(unchecked(raw)).toMatchObject({ key, search });
  });
});

describe('an unchecked route', () => {
  it('passes the query as it came', () => {
    const raw = 'b=1&b=2&a[]=%41+x;y&flag&c="<>';
    expect(unchecked(raw)).toMatchObject({ search: `?${raw}` });
  });

  it.each([
    ['keys twice', 'subscription-key=a&x=1&subscription-key=a', 'key_ambiguous'],
    ['keys that differ by case', 'SUBSCRIPTION-KEY=a', 'query_ambiguous'],
    ['another method', '_method=PUT', 'method_override'],
    ['names that could be the key, were they readable', 'subscription-ke%ff=a', 'query_ambiguous'],
  ])('refuses %s', (_, raw, code) => {
    expect(unchecked(raw)).toMatchObject({ code });
  });
});

it('what goes upstream is read there as it was here', () => {
  assert(
    property(string({ unit: 'grapheme', maxLength: 20 }), (value) => {
      const query = listed(`maxResults=${encodeURIComponent(value)}`);
      if (isRefusal(query)) return;
      expect([...new URLSearchParams(query.search)]).toEqual(query.parameters);
    }),
  );
});
