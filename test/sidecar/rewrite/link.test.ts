import { expect, it } from 'vitest';
import { passableLinks } from '../../../src/sidecar/rewrite/link.ts';
import { route, upstream } from '../routes.ts';

const products = upstream('http://10.0.0.5:8090/api/');
const stock = {
  route: route('GET /stock', products, { query: ['page'] }),
  upstreamPath: '/api/stock?page=2',
  keyParameter: 'subscription-key',
};
const passable = (value: string | readonly string[]) => passableLinks(value, stock);

it.each([
  ['</api/stock?page=3>; rel="next"', '</stock?page=3>; rel="next"'],
  ['</api/stock?page=3>; rel=next', '</stock?page=3>; rel="next"'],
  ['<http://10.0.0.5:8090/api/stock?page=3>; rel="next"', '</stock?page=3>; rel="next"'],
  ['<//10.0.0.5:8090/api/stock>;rel=first', '</stock>; rel="first"'],
  ['<?page=3>; rel=next', '</stock?page=3>; rel="next"'],
  ['</api/stock?subscription-key=abc&page=3>; rel=next', '</stock?page=3>; rel="next"'],
  ['</api/stock>; rel="first prev"', '</stock>; rel="first prev"'],
  ['</api/stock>; title="66,000 products; all"; REL="next"; type="application/json"', '</stock>; rel="next"'],
  ['</api/stock#total-66000>; rel="next"', '</stock>; rel="next"'],
])('of %s passes %s', (value, expected) => {
  expect(passable(value)).toBe(expected);
});

it('several links pass one by one, the last page never', () => {
  expect(
    passable(
      '</api/stock?page=1>; rel="first", </api/stock?page=3>; rel="next", </api/stock?page=660>; rel="last"',
    ),
  ).toBe('</stock?page=1>; rel="first", </stock?page=3>; rel="next"');
});

it('several fields are one list', () => {
  expect(passable(['</api/stock>; rel=first', '</api/stock?page=3>; rel=next'])).toBe(
    '</stock>; rel="first", </stock?page=3>; rel="next"',
  );
});

it.each([
  ['the last page', '</api/stock?page=660>; rel="last"'],
  ['the last page in other letters', '</api/stock?page=660>; rel=LAST'],
  ['the last page among other relations', '</api/stock?page=660>; rel="next last"'],
  ['a second rel that says last', '</api/stock?page=660>; rel=next; rel=last'],
  ['no rel', '</api/stock>'],
  ['an empty rel', '</api/stock>; rel=""'],
  ['a rel that would break out of its quotes', String.raw`</api/stock>; rel="a\"; title=b"`],
  ['a reversed link', '</api/stock>; rev=next; rel=prev'],
  ['another context', '</api/stock>; rel=next; anchor="http://10.0.0.5/secret"'],
  ['another host', '<http://10.0.0.7/api/stock>; rel=next'],
  ['another port', '<http://10.0.0.5/api/stock>; rel=next'],
  ['another scheme', '<https://10.0.0.5:8090/api/stock>; rel=next'],
  ['a path beside the base path', '</apifoo/stock>; rel=next'],
  ['a path above the base path', '</stock>; rel=next'],
  ['another path, which could name what is hidden', '<stock/2202>; rel=item'],
  ['the same path in other letters', '</api/Stock>; rel=next'],
  ['the same path spelled otherwise', '</api/%73tock>; rel=next'],
  ['a parameter that the route does not take', '</api/stock?page=3&total=66000>; rel=next'],
  ['a repeated parameter', '</api/stock?page=3&page=4>; rel=next'],
  ['text that does not parse', '</api/stock>; rel=next, garbage'],
  ['an unclosed quote', '</api/stock>; rel="next'],
  ['nothing', ''],
])('%s does not pass', (_, value) => {
  expect(passable(value)).toBeUndefined();
});

it('a route that takes any query passes pages with any', () => {
  const free = { ...stock, route: route('GET /stock', products, { query: 'unchecked' }) };
  expect(passableLinks('<?a=1&a=2>; rel=next', free)).toBe('</stock?a=1&a=2>; rel="next"');
});
