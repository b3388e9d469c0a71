import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { standing } from '../../src/grants/standing.ts';
import type { Identity } from '../../src/model/identity.ts';
import type { Policy, PolicyContext } from '../../src/policy/engine.ts';
import { compiledBundle, contextOf, loadedPolicy } from './compiled-policy.ts';

const NOW = Date.parse('2026-05-05T12:00:00Z');

const textMap = z.record(z.string(), z.string());
const itemCases = casesOf(
  'items.yaml',
  z.strictObject({
    claim: z.string(),
    caller: z.strictObject({
      owns: z.array(z.string()).default([]),
      grants: z
        .array(
          z.strictObject({
            from: z.string(),
            role: z.string(),
            scope: z.record(z.string(), z.array(z.string())).default({}),
            ends: z.iso.datetime().optional(),
          }),
        )
        .default([]),
    }),
    roles: z.array(z.string()).default(['STOCK_READ']),
    sees: z.array(textMap).default([]),
    misses: z.array(textMap).default([]),
  }),
);
const requestCases = casesOf(
  'requests.yaml',
  z.strictObject({
    claim: z.string(),
    subscription: z.string(),
    route: z.string(),
    owns: z.array(z.string()).default([]),
    roles: z.array(z.string()).default([]),
    allow: z.boolean(),
    publicReason: z.string().optional(),
  }),
);

let policy: Policy;
beforeAll(async () => {
  policy = await loadedPolicy(await compiledBundle('policies'));
});

function casesOf<Case>(file: string, schema: z.ZodType<Case>): Case[] {
  const text = readFileSync(new URL(`../cases/${file}`, import.meta.url), 'utf8');
  return z.array(schema).parse(parse(text));
}

function identityOf({ owns, grants }: (typeof itemCases)[number]['caller']): Identity {
  return {
    ...contextOf('/').identity,
    owns,
    grants: grants.map(({ from, role, scope, ends }) => ({
      wholesalerId: from,
      roleId: role,
      scope,
      endsAt: ends === undefined ? undefined : Date.parse(ends),
    })),
  };
}

describe('items', () => {
  it.each(itemCases)('$claim', ({ caller, roles, sees, misses }) => {
    const identity = identityOf(caller);
    const { request, now } = contextOf('/my-products/v0/stock-per-store');
    const context: PolicyContext = {
      request: { ...request, roleIds: roles },
      identity: { ...contextOf('/').identity, owns: caller.owns },
      now,
    };
    const inputs = [...sees, ...misses].map((attributes) => {
      const { owned, grants } = standing(identity, attributes['owner'] ?? '', roles, NOW);
      return { attributes, owned, grants };
    });
    expect(inputs).not.toHaveLength(0);
    expect(policy.items(context, inputs)).toEqual([...sees.map(() => true), ...misses.map(() => false)]);
  });
});

describe('requests', () => {
  it.each(requestCases)('$claim', ({ subscription, route, owns, roles, allow, publicReason }) => {
    const { request, identity, now } = contextOf('/my-products/v0/stock-per-store');
    const decision = policy.request({
      request: { ...request, apiProduct: route },
      identity: { ...identity, owns, roleIds: roles, subscription: { id: 's1', apiProduct: subscription } },
      now,
    });
    const told = publicReason === undefined ? {} : { publicReason };
    expect(decision).toEqual({ allow, reason: expect.any(String), ...told });
  });
});

it('any item is visible exactly if it is owned or one grant admits every attribute that its scope names', () => {
  // Few names and values, so that they meet; some of them odd.
  const name = fc.constantFrom('distributor', 'region', '', '__proto__', 'é');
  const value = fc.oneof(
    fc.constantFrom('20003', '20004', '', '0'),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const grant = fc.record({ roleId: value, scope: fc.dictionary(name, fc.array(value, { maxLength: 3 })) });
  const item = fc.record({
    attributes: fc.dictionary(name, value),
    owned: fc.boolean(),
    grants: fc.array(grant, { maxLength: 3 }),
  });
  fc.assert(
    fc.property(fc.array(item, { maxLength: 40 }), (items) => {
      const expected = items.map(
        ({ attributes, owned, grants }) =>
          owned ||
          grants.some(({ scope }) =>
            Object.entries(scope).every(
              ([name, admitted]) =>
                Object.hasOwn(attributes, name) && admitted.includes(attributes[name] ?? ''),
            ),
          ),
      );
      expect(policy.items(contextOf('/my-products/v0/stock-per-store'), items)).toEqual(expected);
    }),
    { numRuns: 100 },
  );
});

it('a batch of 256 items is decided item by item', () => {
  const inputs = Array.from({ length: 256 }, (_, at) => ({
    attributes: { owner: '10001', distributor: String(20_000 + at) },
    owned: false,
    grants: [{ roleId: 'STOCK_READ', scope: { distributor: at % 5 === 0 ? [String(20_000 + at)] : ['1'] } }],
  }));
  const expected = inputs.map((_, at) => at % 5 === 0);
  expect(policy.items(contextOf('/my-products/v0/stock-per-store'), inputs)).toEqual(expected);
});

it('the default policy does not read the time, so that its answers can be kept', () => {
  expect(policy.readsNow).toBe(false);
});
