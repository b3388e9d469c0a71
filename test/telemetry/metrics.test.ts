import { describe, expect, it } from 'vitest';
import type { Decision } from '../../src/telemetry/decision.ts';
import { Metrics } from '../../src/telemetry/metrics.ts';

const decision: Decision = {
  decisionId: 'id-1',
  code: 'forwarded',
  status: 200,
  reason: undefined,
  route: 'GET /a',
  method: 'GET',
  userId: 'u1',
  subscriptionId: 's1',
  items: { kept: 5, hidden: 3, faulty: 1, removedMembers: 2 },
  durationMs: 20,
};

async function linesOf(metrics: Metrics): Promise<string[]> {
  return (await metrics.text()).split('\n');
}

describe('metrics', () => {
  it('count requests by route, status and code, and tell no user', async () => {
    const metrics = new Metrics();
    metrics.count(decision);
    metrics.count(decision);
    metrics.count({
      ...decision,
      code: 'client_aborted',
      status: undefined,
      route: undefined,
      items: undefined,
    });
    const lines = await linesOf(metrics);
    expect(lines).toContain('# TYPE fullmakt_requests_total counter');
    expect(lines).toContain('fullmakt_requests_total{route="GET /a",status="200",code="forwarded"} 2');
    expect(lines).toContain('fullmakt_requests_total{route="none",status="none",code="client_aborted"} 1');
    expect(lines.join('\n')).not.toMatch(/u1|s1|id-1/);
  });

  it('count items by verdict, each once', async () => {
    const metrics = new Metrics();
    metrics.count(decision);
    const lines = await linesOf(metrics);
    expect(lines.filter((line) => line.startsWith('fullmakt_items_total{'))).toEqual([
      'fullmakt_items_total{route="GET /a",verdict="kept"} 5',
      'fullmakt_items_total{route="GET /a",verdict="hidden"} 2',
      'fullmakt_items_total{route="GET /a",verdict="faulty"} 1',
    ]);
    expect(lines).toContain('fullmakt_removed_members_total{route="GET /a"} 2');
  });

  it('sort durations into buckets of seconds', async () => {
    const metrics = new Metrics();
    metrics.count(decision);
    const lines = await linesOf(metrics);
    expect(lines).toContain('fullmakt_request_duration_seconds_bucket{route="GET /a",le="0.01"} 0');
    expect(lines).toContain('fullmakt_request_duration_seconds_bucket{route="GET /a",le="0.025"} 1');
    expect(lines).toContain('fullmakt_request_duration_seconds_sum{route="GET /a"} 0.02');
  });

  it('read a gauge when they are asked for', async () => {
    const metrics = new Metrics();
    let value = 1;
    metrics.gauge('fullmakt_value', 'A value', () => value);
    value = 7;
    expect(await linesOf(metrics)).toContain('fullmakt_value 7');
  });
});
