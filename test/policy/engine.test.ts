import { createRequire } from 'node:module';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { Bundle } from '../../src/policy/bundle.ts';
import { type ItemInput, Policy } from '../../src/policy/engine.ts';
import { HOST_FUNCTIONS } from '../../src/policy/evaluator.ts';
import { compiledBundle, contextOf, loadedPolicy } from './compiled-policy.ts';

const DEEP = '['.repeat(100_000);

let bundle: Bundle;
let policy: Policy;
beforeAll(async () => {
  bundle = await compiledBundle('test/policy/fixtures/misbehaving');
  policy = await loadedPolicy(bundle);
});

function itemOf(owned: boolean, attributes: Record<string, string> = { owner: '10001' }): ItemInput {
  return { attributes, owned, grants: [] };
}

/** The policy's Wasm with one name in it overwritten by another of the same length. */
function patched(from: string, to: string): Bundle {
  const text = Buffer.from(bundle.wasm).toString('latin1');
  expect(text).toContain(from);
  return { ...bundle, wasm: Uint8Array.from(Buffer.from(text.replaceAll(from, to), 'latin1')) };
}

function withData(text: string): Bundle {
  return { ...bundle, data: new TextEncoder().encode(text) };
}

describe('a request', () => {
  it('is allowed or denied as the policy says, with its reasons', () => {
    expect(policy.request(contextOf('/sound'))).toEqual({ allow: true, reason: 'as it should be' });
    expect(policy.request(contextOf('/denied'))).toEqual({
      allow: false,
      reason: 'no',
      publicReason: 'Not you.',
    });
  });

  it('is decided with the data of the bundle', async () => {
    expect(policy.request(contextOf('/data'))).toMatchObject({ reason: 'from data.json' });
    const other = await loadedPolicy(withData('{"reason":"from elsewhere"}'));
    expect(other.request(contextOf('/data'))).toMatchObject({ reason: 'from elsewhere' });
  });

  it('is not decided by a rule that is undefined', () => {
    expect(policy.request(contextOf('/nowhere'))).toEqual({ fault: 'fullmakt/request is undefined' });
  });

  it.each([
    '/boolean',
    '/array',
    '/null',
    '/allow-missing',
    '/allow-text',
    '/reason-missing',
    '/reason-number',
    '/public-reason-null',
    '/misspelled',
  ])('is not decided by an answer that is no decision: %s', (path) => {
    expect(policy.request(contextOf(path))).toEqual({
      fault: 'fullmakt/request is not {allow, reason, publicReason?}',
    });
  });

  it('is not decided by rules that contradict each other, and the fault names the place', () => {
    expect(policy.request(contextOf('/conflict'))).toEqual({
      fault: expect.stringMatching(/^fullmakt\/request failed: .*fullmakt\.rego:\d+:\d+: .*conflict/),
    });
  });

  it('holds unusual text as it is', () => {
    const text = JSON.stringify('\u0000 é 😀 "\\ \u2028 __proto__');
    expect(policy.request(contextOf('/unmarshal', { text }))).toMatchObject({
      publicReason: JSON.parse(text),
    });
  });

  it('is not decided on text that is no Unicode', () => {
    const context = contextOf('/sound', { text: '\ud800' });
    expect(policy.request(context)).toEqual({ fault: expect.stringContaining('fullmakt/request failed') });
  });
});

describe('items', () => {
  it('are answered one by one, in their order', () => {
    const items = [true, false, false, true].map((owned) => itemOf(owned));
    expect(policy.items(contextOf('/sound'), items)).toEqual([true, false, false, true]);
    expect(policy.items(contextOf('/sound'), [])).toEqual([]);
  });

  it.each([
    ['/too-short', '1 verdicts on 2 items'],
    ['/too-long', '3 verdicts on 2 items'],
    ['/texts', 'not a boolean'],
    ['/numbers', 'not a boolean'],
    ['/nulls', 'not a boolean'],
    ['/object', 'not an array'],
    ['/boolean', 'not an array'],
    ['/nowhere', 'fullmakt/items is undefined'],
  ])('are not decided by an answer of another form: %s', (path, message) => {
    expect(policy.items(contextOf(path), [itemOf(true), itemOf(false)])).toEqual({
      fault: expect.stringContaining(message),
    });
  });

  it('whose attributes are no Unicode are hidden, and the others decided', () => {
    const items = [itemOf(true), itemOf(true, { owner: '10001\ud800' }), itemOf(false), itemOf(true)];
    expect(policy.items(contextOf('/sound'), items)).toEqual([true, false, false, true]);
  });

  it('may have names and values that mean something to JavaScript', () => {
    const attributes: Record<string, string> = JSON.parse('{"__proto__":"x","constructor":"toString"}');
    expect(policy.items(contextOf('/sound'), [itemOf(true, attributes)])).toEqual([true]);
  });
});

describe('a policy that fails', () => {
  it('by running out of stack gives a fault, and decides the next from a clean start', () => {
    const made = vi.spyOn(WebAssembly, 'Memory');
    const failed = { fault: 'fullmakt/items failed: Maximum call stack size exceeded' };
    const items = [itemOf(true), itemOf(false)];
    for (let round = 0; round < 3; round++) {
      expect(policy.items(contextOf('/unmarshal'), [itemOf(true, { text: DEEP })])).toEqual(failed);
      expect(policy.items(contextOf('/sound'), items)).toEqual([true, false]);
      expect(policy.request(contextOf('/data'))).toMatchObject({ reason: 'from data.json' });
      expect(made).toHaveBeenCalledTimes(round + 1);
    }
    made.mockRestore();
  });

  it('in a built-in function gives a fault without its message, which may quote the input', () => {
    const context = contextOf('/sprintf', { text: '%(secret' });
    expect(policy.request(context)).toEqual({ fault: 'fullmakt/request failed: SyntaxError in the policy' });
  });

  it('by wanting more memory than it may have gives a fault', () => {
    expect(policy.request(contextOf('/count', { text: '10000000' }))).toEqual({
      fault: 'fullmakt/request failed: opa_malloc: failed',
    });
    expect(policy.request(contextOf('/sound'))).toMatchObject({ allow: true });
  });

  it('by growing gives its answer, and its memory back', () => {
    const made = vi.spyOn(WebAssembly, 'Memory');
    const large = contextOf('/count', { text: '1000000' });
    expect(policy.request(large)).toEqual({ allow: true, reason: '1000000' });
    expect(made).not.toHaveBeenCalled();
    expect(policy.request(contextOf('/sound'))).toMatchObject({ allow: true });
    expect(policy.request(contextOf('/sound'))).toMatchObject({ allow: true });
    expect(made).toHaveBeenCalledOnce();
    made.mockRestore();
  });
});

it('a policy may demand more memory than opa-wasm starts with, as one with many constants does', async () => {
  const wasm = Buffer.from(bundle.wasm);
  // The import of env.memory: its name, its kind (2), no maximum (0), and then its pages at the start.
  const memory = Buffer.from('memory\u0002\u0000');
  const pages = wasm.indexOf(memory) + memory.length;
  expect(wasm[pages]).toBeLessThanOrEqual(5);
  wasm[pages] = 7;
  const loaded = await loadedPolicy({ ...bundle, wasm: Uint8Array.from(wasm) });
  expect(loaded.request(contextOf('/sound'))).toMatchObject({ allow: true });
});

describe('a bundle is refused', () => {
  it('if it lacks an entrypoint', async () => {
    expect(await Policy.load(patched('fullmakt/items', 'fullmakt/itemz'))).toEqual({
      fault: 'the policy has no entrypoint fullmakt/items',
    });
  });

  it('if it calls a built-in function that opa-wasm lacks', async () => {
    expect(await Policy.load(patched('sprintf', 'sprantf'))).toEqual({
      fault: 'the policy calls what we do not have: sprantf',
    });
  });

  it('if it is not WebAssembly', async () => {
    expect(await Policy.load({ ...bundle, wasm: new Uint8Array(8) })).toEqual({
      fault: 'the policy is not WebAssembly',
    });
  });

  it('if OPA did not make it', async () => {
    const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    expect(await Policy.load({ ...bundle, wasm: empty })).toEqual({
      fault: 'the policy was not compiled by OPA',
    });
  });

  it('if its data does not fit into memory', async () => {
    expect(await Policy.load(withData(`{"a":[${'1,'.repeat(10_000_000)}1]}`))).toEqual({
      fault: expect.stringContaining('the policy does not load'),
    });
  });
});

it('the built-in functions that a policy may call are those that opa-wasm brings', () => {
  const builtins: object = createRequire(import.meta.url)(
    '../../node_modules/@open-policy-agent/opa-wasm/src/builtins/index.js',
  );
  expect([...HOST_FUNCTIONS].sort()).toEqual(Object.keys(builtins).sort());
});
