import type { Attributes, Counter, Meter } from '@opentelemetry/api';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { Decision } from './decision.ts';

/** Seconds: from a decision that needs no upstream to a large list over a slow link. */
const DURATION_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

class PullReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/** What a process counts, told in Prometheus' text format. */
export class Metrics {
  readonly #reader = new PullReader();
  readonly #serializer = new PrometheusSerializer('', false, undefined, true, true);
  readonly #meter: Meter;
  readonly #requests;
  readonly #duration;
  readonly #items;
  readonly #removedMembers;

  constructor() {
    this.#meter = new MeterProvider({ readers: [this.#reader] }).getMeter('fullmakt');
    this.#requests = this.#meter.createCounter('fullmakt_requests', {
      description: 'Requests that have ended, by route, status and code',
    });
    this.#duration = this.#meter.createHistogram('fullmakt_request_duration_seconds', {
      description: 'Time from a request’s head to the last byte of its answer',
      unit: 's',
      advice: { explicitBucketBoundaries: DURATION_BUCKETS },
    });
    this.#items = this.#meter.createCounter('fullmakt_items', {
      description: 'Items of filtered answers, by route and verdict: kept, hidden, or faulty and so hidden',
    });
    this.#removedMembers = this.#meter.createCounter('fullmakt_removed_members', {
      description: 'Members of envelopes that were removed since no keep names them, by route',
    });
  }

  /** Counts a request that has ended. */
  count({ route = 'none', status, code, durationMs, items }: Decision): void {
    this.#requests.add(1, { route, status: status === undefined ? 'none' : String(status), code });
    this.#duration.record(durationMs / 1000, { route });
    if (items === undefined) return;
    addTo(this.#items, items.kept, { route, verdict: 'kept' });
    addTo(this.#items, items.hidden - items.faulty, { route, verdict: 'hidden' });
    addTo(this.#items, items.faulty, { route, verdict: 'faulty' });
    addTo(this.#removedMembers, items.removedMembers, { route });
  }

  /** Shows a value that is read when the metrics are. */
  gauge(name: string, description: string, read: () => number): void {
    this.#meter.createObservableGauge(name, { description }).addCallback((result) => result.observe(read()));
  }

  /** All of it, in Prometheus' text exposition format 0.0.4. */
  async text(): Promise<string> {
    const { resourceMetrics } = await this.#reader.collect();
    return this.#serializer.serialize(resourceMetrics);
  }
}

function addTo(counter: Counter, count: number, attributes: Attributes): void {
  if (count > 0) counter.add(count, attributes);
}
