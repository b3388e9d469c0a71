import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Catalog } from '../../src/catalog/catalog.ts';
import type { Roles } from '../../src/grants/roles.ts';
import type { Identity } from '../../src/model/identity.ts';
import type { AttributeSource } from '../../src/model/route.ts';
import { Decisions } from '../../src/policy/decisions.ts';
import type { ItemInput, Policy } from '../../src/policy/engine.ts';
import { type AllowedRequest, authorize } from '../../src/sidecar/authorize.ts';
import { tupleSelectors, Visibility } from '../../src/sidecar/visibility.ts';
import { standIn } from './proxy-fixture.ts';
import { attributes, byProduct, route, selector, upstream } from './routes.ts';

const now = Date.UTC(2026, 4, 5);
const HOUR = 3_600_000;
const byOwnerAndDistributor = attributes({ owner: '@.owner', distributor: '@.by' });

/** What the policy was asked, batch by batch. */
let asked: (readonly ItemInput[])[];
let answer: (item: ItemInput) => boolean;
let current: boolean;

beforeEach(() => {
  asked = [];
  answer = ({ owned, grants }) => owned || grants.length > 0;
  current = true;
});

const policy = standIn<Policy>({
  readsNow: false,
  request: () => ({ allow: true, reason: 'test' }),
  items: (_, items) => {
    asked.push(items);
    return items.map((item) => answer(item));
  },
});

function allowedFor(rights: Partial<Identity>, by: Policy = policy): AllowedRequest {
  const identity: Identity = {
    userId: 'u-1',
    email: 'api@distributor.no',
    subscription: { id: 's-1', apiProduct: 'my-products' },
    owns: [],
    grants: [],
    ...rights,
  };
  const allowed = authorize(
    {
      incoming: new IncomingMessage(new Socket()),
      route: route('GET /stock', upstream('http://127.0.0.1')),
      decisionId: 'd-1',
      method: 'GET',
      path: '/stock',
      parameters: {},
      query: [],
      search: '',
      queryKey: undefined,
      identity,
      isCurrent: () => current,
    },
    standIn<Roles>({ rolesFor: () => ['STOCK_READ'] }),
    new Decisions(by),
    now,
  );
  if ('refusal' in allowed) throw new Error(allowed.reason);
  return allowed;
}

function visibilityOf(
  source: AttributeSource,
  rights: Partial<Identity>,
  products: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): Visibility {
  const catalog = standIn<Catalog>({ attributesOf: (productId) => products[productId] });
  return new Visibility(allowedFor(rights), source, catalog);
}

const grant = (endsAt?: number): Identity['grants'][number] => ({
  wholesalerId: '10001',
  roleId: 'STOCK_READ',
  scope: { distributor: ['20003'] },
  endsAt,
});

describe('the policy is told', () => {
  it('an item’s attributes, and how the caller stands to their owner', () => {
    const visibility = visibilityOf(byOwnerAndDistributor, { owns: ['10002'], grants: [grant()] });
    expect(
      visibility.decide([
        ['10001', '20003'],
        ['10002', '20003'],
        ['10003', '20003'],
      ]),
    ).toEqual([true, true, false]);
    const grants = [{ roleId: 'STOCK_READ', scope: { distributor: ['20003'] } }];
    expect(asked).toEqual([
      [
        { attributes: { owner: '10001', distributor: '20003' }, owned: false, grants },
        { attributes: { owner: '10002', distributor: '20003' }, owned: true, grants: [] },
        { attributes: { owner: '10003', distributor: '20003' }, owned: false, grants: [] },
      ],
    ]);
  });

  it('nothing of an item that has no owner, which is hidden from all', () => {
    answer = () => true;
    expect(visibilityOf(byOwnerAndDistributor, {}).decide([['', '20003']])).toEqual([false]);
    expect(visibilityOf(attributes({ distributor: '@.by' }), {}).decide([['20003']])).toEqual([false]);
    expect(visibilityOf(byProduct, {}, { 1: { owner: '' }, 2: {} }).decide([['1'], ['2']])).toEqual([
      false,
      false,
    ]);
    expect(asked).toEqual([]);
  });

  it('nothing of a product that the catalog does not know, which is hidden from all', () => {
    answer = () => true;
    const visibility = visibilityOf(byProduct, {}, { 1101: { owner: '10001' } });
    expect(visibility.decide([['9'], ['1101'], ['']])).toEqual([false, true, false]);
    expect(asked.flat()).toHaveLength(1);
  });

  it('once a body of products that are alike', () => {
    const alike = { owner: '10001', distributor: '20003' };
    const visibility = visibilityOf(
      byProduct,
      { grants: [grant()] },
      { 1: alike, 2: alike, 3: { owner: '10002' } },
    );
    expect(visibility.decide([['1'], ['2'], ['3']])).toEqual([true, true, false]);
    expect(visibility.decide([['2'], ['3']])).toEqual([true, false]);
    expect(asked.map(({ length }) => length)).toEqual([2]);
  });
});

describe('a verdict holds', () => {
  it('until the first grant that it rests on ends', () => {
    const visibility = visibilityOf(byOwnerAndDistributor, {
      grants: [grant(now + HOUR), grant(now + 2 * HOUR)],
    });
    expect(visibility.isCurrent(now + 3 * HOUR)).toBe(true);
    visibility.decide([['10001', '20003']]);
    expect(visibility.isCurrent(now + HOUR - 1)).toBe(true);
    expect(visibility.isCurrent(now + HOUR)).toBe(false);
  });

  it('until the identity is not what it was', () => {
    const visibility = visibilityOf(byOwnerAndDistributor, { owns: ['10001'] });
    visibility.decide([['10001', '20003']]);
    expect(visibility.isCurrent(now)).toBe(true);
    current = false;
    expect(visibility.isCurrent(now)).toBe(false);
  });
});

it('a policy that fails is remembered as the reason', () => {
  const failing = standIn<Policy>({
    readsNow: false,
    request: () => ({ allow: true, reason: 'test' }),
    items: () => ({ fault: 'out of memory' }),
  });
  const visibility = new Visibility(
    allowedFor({ owns: ['10001'] }, failing),
    byOwnerAndDistributor,
    standIn<Catalog>({}),
  );
  expect(visibility.policyFault).toBeUndefined();
  expect(visibility.decide([['10001', '20003']])).toBeUndefined();
  expect(visibility.policyFault).toEqual({ fault: 'out of memory' });
});

it('a tuple holds an item’s attributes in the order of their names in the configuration', () => {
  expect(tupleSelectors(byOwnerAndDistributor)).toEqual([selector('@.owner'), selector('@.by')]);
  expect(tupleSelectors(byProduct)).toEqual([selector('@.productId')]);
});
