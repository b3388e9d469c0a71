import { describe, expect, it } from 'vitest';
import { RouteTable } from '../../../src/sidecar/route/match.ts';
import { routeOf } from './routes.ts';

function find(matches: readonly string[], path: string): unknown {
  const match = new RouteTable(matches.map((text) => routeOf(text))).find(path.split('/').slice(1));
  if (match.kind !== 'found') return match.kind;
  return [[...match.routes.values()].map((route) => route.match), match.values];
}

describe('a path finds', () => {
  it.each([
    ['a route by its fixed text', ['GET /a/b'], '/a/b', [['GET /a/b'], []]],
    [
      'a route by its parameters, with their values',
      ['GET /a/{x}/{y}'],
      '/a/1/2',
      [['GET /a/{x}/{y}'], ['1', '2']],
    ],
    ['fixed text before a parameter', ['GET /a/{x}', 'GET /a/b'], '/a/b', [['GET /a/b'], []]],
    ['fixed text from the left', ['GET /{x}/b', 'GET /a/{y}'], '/a/b', [['GET /a/{y}'], ['b']]],
    [
      'a parameter where fixed text leads nowhere',
      ['GET /a/b/c', 'GET /a/{x}/d'],
      '/a/b/d',
      [['GET /a/{x}/d'], ['b']],
    ],
    [
      'every method of its template',
      ['GET /a/{x}', 'PUT /a/{y}'],
      '/a/1',
      [['GET /a/{x}', 'PUT /a/{y}'], ['1']],
    ],
    [
      'fixed text, whatever the methods',
      ['GET /a/{x}', 'POST /a/search'],
      '/a/search',
      [['POST /a/search'], []],
    ],
    ['no route where there is none', ['GET /a/b'], '/b', 'unknown'],
    ['no route that goes on', ['GET /a/b/c'], '/a/b', 'unknown'],
    ['no route that it goes beyond', ['GET /a/{x}'], '/a/b/c', 'unknown'],
    ['no route in another case', ['GET /a/b'], '/A/b', 'unknown'],
    [
      'no parameter in place of fixed text that differs by case',
      ['GET /a/{x}', 'POST /a/search'],
      '/a/Search',
      'ambiguous',
    ],
    ['nor by width', ['GET /a/{x}', 'POST /a/search'], '/a/ｓearch', 'ambiguous'],
    ['nor further up', ['GET /{x}/d', 'GET /admin/e'], '/ADMIN/d', 'ambiguous'],
  ])('%s', (_, matches, path, expected) => {
    expect(find(matches, path)).toEqual(expected);
  });
});

it('the root is a path without segments', () => {
  expect(new RouteTable([routeOf('GET /')]).find([])).toMatchObject({ kind: 'found', values: [] });
  expect(new RouteTable([routeOf('GET /{x}')]).find([])).toEqual({ kind: 'unknown' });
});

it('names of JavaScript objects are names like others', () => {
  const table = new RouteTable([routeOf('GET /a')]);
  for (const name of ['__proto__', 'constructor', 'toString'])
    expect(table.find([name])).toEqual({ kind: 'unknown' });
});
