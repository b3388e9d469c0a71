import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeExpectation } from '../../src/conformance/describe.ts';
import { HostileUpstream } from '../../src/conformance/hostile-upstream.ts';
import { loadCases } from '../../src/conformance/load-cases.ts';
import { type Bench, play, setUpBench } from '../../src/conformance/play.ts';
import { run } from '../e2e/running-demo.ts';
import { type RunningSidecar, startSidecar } from './running-sidecar.ts';

const { cases, texts } = await loadCases();
const keys = { owner: 'conformance-key-of-10001', other: 'conformance-key-of-nobody' };

let sidecar: RunningSidecar;
beforeAll(async () => {
  sidecar = await startSidecar();
});
afterAll(() => sidecar.stop());

describe('the command', () => {
  const conformance = (...more: readonly string[]) => {
    const { proxy, upstreamPort } = sidecar;
    return run(['conformance', '--proxy', proxy.origin, '--upstream-port', String(upstreamPort), ...more]);
  };

  it('prints a line for each case of a family; what takes a second key it leaves out, and says so', async () => {
    const { status, stdout } = await conformance('--key', keys.owner, '--family', 'caches');
    expect(stdout).toContain('✓ public-max-age');
    expect(stdout).toContain('- next-caller');
    expect(stdout).toContain('13 cases: 10 held, 0 fell short, 3 left out');
    expect(status).toBe(0);
  });

  it('ends with 1 when a case falls short: here the key is nobody’s', async () => {
    const { status, stdout } = await conformance('--key', 'a-key-that-nobody-has', '--case', 'own-items');
    expect(stdout).toMatch(/✗ own-items .* 401 by the proxy: not what it should be/);
    expect(status).toBe(1);
  });
});

describe('before a hostile upstream, the sidecar gives', () => {
  let bench: Bench;
  beforeAll(async () => {
    const upstream = await HostileUpstream.start(sidecar.upstreamPort);
    bench = setUpBench(sidecar.proxy, upstream, keys, texts);
  });
  afterAll(() => bench.upstream.close());

  for (const family of new Set(cases.map((one) => one.family))) {
    describe(family, () => {
      for (const one of cases.filter((other) => other.family === family)) {
        it(`${one.id}: ${describeExpectation(one)}`, async () => {
          const { faults } = await play(one, bench);
          expect(faults).toEqual([]);
        });
      }
    });
  }
});
