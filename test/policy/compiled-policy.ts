import { type Bundle, parseBundle } from '../../src/policy/bundle.ts';
import { compilePolicies } from '../../src/policy/compiler.ts';
import { Policy, type PolicyContext } from '../../src/policy/engine.ts';

/** The bundle of a policy folder, relative to the checkout. Takes about a second: share it within a file. */
export async function compiledBundle(directory: string): Promise<Bundle> {
  const compiled = await compilePolicies(directory);
  if ('faults' in compiled) throw new Error(compiled.faults.map(({ message }) => message).join('\n'));
  const bundle = await parseBundle(compiled.bundle);
  if ('fault' in bundle) throw new Error(bundle.fault);
  return bundle;
}

export async function loadedPolicy(bundle: Bundle): Promise<Policy> {
  const policy = await Policy.load(bundle);
  if ('fault' in policy) throw new Error(policy.fault);
  return policy;
}

/** A distributor's request for stock. */
export function contextOf(path: string, parameters: Readonly<Record<string, string>> = {}): PolicyContext {
  return {
    request: {
      method: 'GET',
      path,
      api: 'stock-per-store',
      apiProduct: 'my-products',
      parameters,
      query: {},
      roleIds: ['STOCK_READ'],
    },
    identity: {
      userId: 'u1',
      email: 'api@distributor.no',
      subscription: { id: 's1', apiProduct: 'my-products' },
      owns: [],
      roleIds: ['STOCK_READ'],
    },
    now: '2026-05-05T12:00:00Z',
  };
}
