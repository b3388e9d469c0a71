import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Decisions } from '../../src/policy/decisions.ts';
import type { ItemInput, Policy, PolicyContext } from '../../src/policy/engine.ts';
import { compiledBundle, contextOf, loadedPolicy } from './compiled-policy.ts';

const NOON = Date.parse('2026-05-05T12:00:00Z');
const NO_END = undefined;

let clockless: Policy;
let clocked: Policy;
let decisions: Decisions;
let subject: object;

beforeAll(async () => {
  const [standard, misbehaving] = await Promise.all([
    compiledBundle('policies'),
    compiledBundle('test/policy/fixtures/misbehaving'),
  ]);
  clockless = await loadedPolicy(standard);
  clocked = await loadedPolicy(misbehaving);
  expect([clockless.readsNow, clocked.readsNow]).toEqual([false, true]);
});

beforeEach(() => {
  vi.restoreAllMocks();
  decisions = new Decisions(clockless);
  subject = {};
});

function granted(distributor: string, admitted: readonly string[]): ItemInput {
  const grants = [{ roleId: 'STOCK_READ', scope: { distributor: admitted } }];
  return { attributes: { owner: '10001', distributor }, owned: false, grants };
}

/** How many items the policy is asked about, batch by batch, from now on. */
function batchesOf(policy: Policy): number[] {
  const batches: number[] = [];
  const ask = policy.items.bind(policy);
  vi.spyOn(policy, 'items').mockImplementation((context, items) => {
    batches.push(items.length);
    return ask(context, items);
  });
  return batches;
}

/** Asks twice, so that the context is one that recurs. */
function warmUp(context: PolicyContext, items: readonly ItemInput[], until: number | undefined): void {
  decisions.items(context, subject, items, until, NOON);
  decisions.items(context, subject, items, until, NOON);
}

describe('items', () => {
  const context = contextOf('/my-products/v0/stock-per-store');
  const page = [granted('20003', ['20003']), granted('20004', ['20003']), granted('20005', ['20005'])];

  it('are decided in their order, asked or remembered', () => {
    const batches = batchesOf(clockless);
    for (let round = 0; round < 4; round++) {
      expect(decisions.items(context, subject, page, NO_END, NOON)).toEqual([true, false, true]);
    }
    expect(batches).toEqual([3, 3]);
    const longer = [granted('20006', ['20006']), ...page.toReversed(), granted('20007', ['20003'])];
    expect(decisions.items(context, subject, longer, NO_END, NOON)).toEqual([true, true, false, true, false]);
    expect(batches).toEqual([3, 3, 2]);
  });

  it('of a context that never comes again are not remembered', () => {
    const batches = batchesOf(clockless);
    for (const id of ['1', '2', '3']) {
      expect(decisions.items(contextOf(`/products/${id}`), subject, page, NO_END, NOON)).toEqual([
        true,
        false,
        true,
      ]);
    }
    expect(batches).toEqual([3, 3, 3]);
  });

  it('are asked about in batches of 256 at most', () => {
    const batches = batchesOf(clockless);
    const many = Array.from({ length: 600 }, (_, index) =>
      granted(String(index), index % 3 ? [] : [`${index}`]),
    );
    const expected = many.map((_, index) => index % 3 === 0);
    for (let round = 0; round < 3; round++) {
      expect(decisions.items(context, subject, many, NO_END, NOON)).toEqual(expected);
    }
    expect(batches).toEqual([256, 256, 88, 256, 256, 88]);
  });

  it('none at all are answered without asking', () => {
    const batches = batchesOf(clockless);
    expect(decisions.items(context, subject, [], NO_END, NOON)).toEqual([]);
    expect(batches).toEqual([]);
  });

  it('are decided anew from the moment that a grant ends', () => {
    const batches = batchesOf(clockless);
    const end = NOON + 500;
    warmUp(context, page, end);
    decisions.items(context, subject, page, end, end - 1);
    expect(batches).toHaveLength(2);
    decisions.items(context, subject, page, NO_END, end);
    expect(batches).toHaveLength(3);
    decisions.items(context, subject, page, NO_END, end + 3_600_000);
    expect(batches).toHaveLength(3);
  });

  it.each<[string, (item: ItemInput) => ItemInput]>([
    ['ownership', (item) => ({ ...item, owned: true })],
    ['grants', (item) => ({ ...item, grants: [] })],
    [
      'role',
      ({ grants, ...item }) => ({ ...item, grants: grants.map((grant) => ({ ...grant, roleId: 'X' })) }),
    ],
    ['scope', ({ attributes }) => granted(attributes['distributor'] ?? '', ['20004'])],
  ])('with another %s are not taken for the same', (_, change) => {
    warmUp(context, page, NO_END);
    const changed = page.map(change);
    const batches = batchesOf(clockless);
    const fresh = new Decisions(clockless).items(context, subject, changed, NO_END, NOON);
    expect(decisions.items(context, subject, changed, NO_END, NOON)).toEqual(fresh);
    expect(batches).toEqual([3, 3]);
  });

  it('with equal grants in other objects are taken for the same', () => {
    warmUp(context, page, NO_END);
    const batches = batchesOf(clockless);
    expect(decisions.items(context, subject, structuredClone(page), NO_END, NOON)).toEqual([
      true,
      false,
      true,
    ]);
    expect(batches).toEqual([]);
  });

  it.each<[string, PolicyContext]>([
    ['path', contextOf('/elsewhere')],
    ['parameters', contextOf('/my-products/v0/stock-per-store', { productId: '1101' })],
    ['identity', { ...context, identity: { ...context.identity, roleIds: [] } }],
  ])('under another %s are not taken for the same', (_, other) => {
    warmUp(context, page, NO_END);
    const batches = batchesOf(clockless);
    decisions.items(other, subject, page, NO_END, NOON);
    expect(batches).toEqual([3]);
  });

  it('of another subject are not taken for the same, though its input is', () => {
    warmUp(context, page, NO_END);
    const batches = batchesOf(clockless);
    decisions.items(context, {}, page, NO_END, NOON);
    expect(batches).toEqual([3]);
  });

  it('are remembered across seconds by a policy that does not read the time', () => {
    warmUp(context, page, NO_END);
    const batches = batchesOf(clockless);
    decisions.items({ ...context, now: '2026-05-05T13:00:00Z' }, subject, page, NO_END, NOON + 3_600_000);
    expect(batches).toEqual([]);
  });
});

describe('a policy that reads the time', () => {
  it('is asked again in the next second', () => {
    decisions = new Decisions(clocked);
    const item = granted('20003', []);
    const batches = batchesOf(clocked);
    const answersIn = (second: number) => {
      const context = { ...contextOf('/clock'), now: `2026-05-05T12:00:0${second}Z` };
      return [0, 250, 999].map((ms) =>
        decisions.items(context, subject, [item], NO_END, NOON + 1_000 * second + ms),
      );
    };
    expect(answersIn(0)).toEqual([[true], [true], [true]]);
    expect(answersIn(1)).toEqual([[false], [false], [false]]);
    expect(batches).toEqual([1, 1, 1, 1]);
  });
});

describe('requests', () => {
  it('are decided once for one input', () => {
    const asked = vi.spyOn(clockless, 'request');
    const context = contextOf('/my-products/v0/stock-per-store');
    const answers = [0, 1, 2].map(() => decisions.request(context, subject));
    expect(answers).toEqual(Array.from({ length: 3 }, () => expect.objectContaining({ allow: true })));
    expect(asked).toHaveBeenCalledOnce();
  });

  it('of another subscription are decided anew', () => {
    const context = contextOf('/my-products/v0/stock-per-store');
    const { identity } = context;
    const other = { ...identity, subscription: { id: 's2', apiProduct: 'products' } };
    expect(decisions.request(context, subject)).toMatchObject({ allow: true });
    expect(decisions.request({ ...context, identity: other }, subject)).toMatchObject({ allow: false });
  });
});

describe('a fault', () => {
  it('is never remembered', () => {
    decisions = new Decisions(clocked);
    const requests = vi.spyOn(clocked, 'request');
    const batches = batchesOf(clocked);
    for (let round = 1; round <= 4; round++) {
      expect(decisions.request(contextOf('/boolean'), subject)).toHaveProperty('fault');
      expect(
        decisions.items(contextOf('/too-short'), subject, [granted('1', [])], NO_END, NOON),
      ).toHaveProperty('fault');
      expect(requests).toHaveBeenCalledTimes(round);
      expect(batches).toHaveLength(round);
    }
  });

  it('in one batch leaves no item of the page decided, and the next page is decided as ever', () => {
    decisions = new Decisions(clocked);
    const sound = Array.from(
      { length: 256 },
      (_, at): ItemInput => ({
        attributes: { text: String(at % 2 === 0), at: String(at) },
        owned: true,
        grants: [],
      }),
    );
    const odd: ItemInput = { attributes: { text: '7' }, owned: true, grants: [] };
    const context = contextOf('/unmarshal');
    for (let round = 0; round < 3; round++) {
      expect(decisions.items(context, subject, [...sound, odd], NO_END, NOON)).toEqual({
        fault: 'fullmakt/items holds what is not a boolean',
      });
      expect(decisions.items(context, subject, sound, NO_END, NOON)).toEqual(
        sound.map((_, at) => at % 2 === 0),
      );
    }
  });
});

describe('what is remembered is bounded', () => {
  const large = 'x'.repeat(64 * 1024);

  it('in requests: the oldest goes', () => {
    const asked = vi.spyOn(clockless, 'request').mockReturnValue({ allow: true, reason: 'x' });
    for (let round = 0; round < 300; round++) decisions.request(contextOf(`/${round}${large}`), subject);
    decisions.request(contextOf(`/299${large}`), subject);
    expect(asked).toHaveBeenCalledTimes(300);
    decisions.request(contextOf(`/0${large}`), subject);
    expect(asked).toHaveBeenCalledTimes(301);
  });

  it('in items: the oldest goes', () => {
    const asked = vi.spyOn(clockless, 'items').mockImplementation((_, items) => items.map(() => true));
    const context = contextOf('/my-products/v0/stock-per-store');
    const ask = (id: number) =>
      decisions.items(context, subject, [granted(`${id}${large}`, [])], NO_END, NOON);
    for (let id = -1; id < 600; id++) ask(id);
    expect(asked).toHaveBeenCalledTimes(601);
    ask(599);
    expect(asked).toHaveBeenCalledTimes(601);
    ask(0);
    expect(asked).toHaveBeenCalledTimes(602);
  });
});
