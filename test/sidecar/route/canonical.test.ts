import { readFileSync } from 'node:fs';
import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { LIMITS } from '../../../src/sidecar/limits.ts';
import { isRefusal } from '../../../src/sidecar/refusals.ts';
import { canonicalTarget } from '../../../src/sidecar/route/canonical.ts';

const oddPaths = z
  .record(z.string(), z.array(z.string()))
  .parse(parse(readFileSync(new URL('odd-paths.yaml', import.meta.url), 'utf8')));

describe.each(Object.entries(oddPaths))('a path with %s is ambiguous', (_, targets) => {
  it.each(targets)('%j', (target) => {
    expect(canonicalTarget(target)).toMatchObject({ code: 'path_ambiguous', status: 400 });
  });
});

it('the table of odd paths has at least 100 of them, each once', () => {
  const all = Object.values(oddPaths).flat();
  expect(all.length).toBeGreaterThanOrEqual(100);
  expect(new Set(all).size).toBe(all.length);
});

describe('a plain path', () => {
  it.each([
    ['/', '/', []],
    ['/products', '/products', ['products']],
    [
      '/my-products/v0/stock-per-store',
      '/my-products/v0/stock-per-store',
      ['my-products', 'v0', 'stock-per-store'],
    ],
    ['/a/.well-known', '/a/.well-known', ['a', '.well-known']],
    ['/a..b/~c_d', '/a..b/~c_d', ['a..b', '~c_d']],
    ["/Products('1101')", "/Products('1101')", ["Products('1101')"]],
    ['/orders:cancel/a,b=c&d$e!*', '/orders:cancel/a,b=c&d$e!*', ['orders:cancel', 'a,b=c&d$e!*']],
  ])('%s is taken as it is', (target, path, segments) => {
    expect(canonicalTarget(target)).toEqual({ path, segments, rawQuery: '' });
  });
});

describe('of two spellings of one path, the same goes upstream', () => {
  it.each([
    ['/a%40b.no', '/a@b.no', ['a@b.no']],
    ['/a%3Ab', '/a:b', ['a:b']],
    ['/a%2cb', '/a,b', ['a,b']],
    ['/a+b', '/a%2Bb', ['a+b']],
    ['/a%2bb', '/a%2Bb', ['a+b']],
    ['/ch%c3%a2teau', '/ch%C3%A2teau', ['château']],
    ['/a%20b', '/a%20b', ['a b']],
    ['/100%25', '/100%25', ['100%']],
    ['/50%25off', '/50%25off', ['50%off']],
    ['/%22%3c%3E%5E%60%7b%7C%7d%5b%5D', '/%22%3C%3E%5E%60%7B%7C%7D%5B%5D', ['"<>^`{|}[]']],
  ])('%s goes as %s', (target, path, segments) => {
    expect(canonicalTarget(target)).toEqual({ path, segments, rawQuery: '' });
  });
});

it('what follows the first question mark is the query', () => {
  expect(canonicalTarget('/a?b=/../c?d')).toEqual({ path: '/a', segments: ['a'], rawQuery: 'b=/../c?d' });
  expect(canonicalTarget('/?b')).toEqual({ path: '/', segments: [], rawQuery: 'b' });
});

it('a target that is too long is refused before it is read', () => {
  const longest = `/${'a'.repeat(LIMITS.targetBytes - 1)}`;
  expect(canonicalTarget(longest)).toMatchObject({ path: longest });
  expect(canonicalTarget(`${longest}/..`)).toMatchObject({ code: 'uri_too_long', status: 414 });
});

it('a canonical path is its own canonical form, and the URL parser of browsers finds nothing to change in it', () => {
  const character = constantFrom(
    'a',
    'b',
    '2',
    '5',
    'e',
    'f',
    '.',
    '%',
    '/',
    '\\',
    ';',
    '?',
    '#',
    '+',
    '@',
    ' ',
    'é',
    '%2e',
    '%2f',
    '%25',
    '%C3%A9',
  );
  assert(
    property(array(character, { maxLength: 12 }), (characters) => {
      const target = canonicalTarget(`/${characters.join('')}`);
      if (isRefusal(target)) return;
      expect(canonicalTarget(target.path)).toEqual({ ...target, rawQuery: '' });
      expect(new URL(`http://a${target.path}`).pathname).toBe(target.path);
      expect(target.path.slice(1).split('/').map(decodeURIComponent).filter(Boolean)).toEqual(
        target.segments,
      );
    }),
    { numRuns: 2000 },
  );
});
