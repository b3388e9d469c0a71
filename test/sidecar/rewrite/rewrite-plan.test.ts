import { describe, expect, it } from 'vitest';
import { planRewrite } from '../../../src/sidecar/rewrite/rewrite-plan.ts';
import { byProduct, filtered, selector, upstream } from '../routes.ts';

const products = upstream('http://127.0.0.1/');
const plan = (items: string, changes = {}) => planRewrite(filtered(items, changes), products);

describe('the list with nothing in it', () => {
  it.each([
    ['$[*]', '[]'],
    ['$.value[*]', '{"value":[]}'],
    ['$[\'odd "name"\'].rows[*].items[*]', '{"odd \\"name\\"":{"rows":[]}}'],
    ['$[*].storeSales[*].sales[*]', '[]'],
  ])('of %s is %s', (items, text) => {
    expect(plan(items).emptyList.toString()).toBe(text);
  });
});

describe('empty answers are all alike', () => {
  it.each([
    ['of a flat list', '$[*]', {}],
    ['of a flat list in an envelope', '$.value[*]', {}],
    ['of a pruned list', '$[*].sales[*]', { prune: true }],
    [
      'of a pruned list whose parents keep members',
      '$[*].sales[*]',
      { prune: true, keep: [selector('$[*].salesDate')] },
    ],
  ])('%s', (_, items, changes) => {
    expect(plan(items, changes).emptiesAlike).toBe(true);
  });

  it.each([
    ['where parents are left empty', '$[*].sales[*]', {}],
    ['where the items are members of other items', '$[*].product', {}],
    ['where a member beside the list is kept', '$.value[*]', { keep: [selector('$.nextLink')] }],
    ['where a member of another list is kept', '$.value[*]', { keep: [selector('$.links[*].href')] }],
  ])('but not %s', (_, items, changes) => {
    expect(plan(items, changes).emptiesAlike).toBe(false);
  });
});

it('a selector without a wildcard finds a single object', () => {
  expect(plan('$').single).toBe(true);
  expect(plan('$.product').single).toBe(true);
  expect(plan('$[*]').single).toBe(false);
});

it('the attributes are selected in the order of their names', () => {
  expect(plan('$[*]').selection.attributes).toEqual([selector('@.owner')]);
  expect(plan('$[*]', { source: byProduct }).selection.attributes).toEqual([selector('@.productId')]);
});
