import { everyRecord } from '../../store/listing.ts';
import { BATCH_LIMIT, type Change, type Store, type StoredRecord } from '../../store/store.ts';
import type { Origin } from '../actor.ts';
import type { AppliedChange } from '../applied-change.ts';
import { type AuditEvent, auditEvent, changesOfEvent } from '../audit.ts';
import { RecordSet } from './record-set.ts';

/** Records that are read, or changed, in one call at most: others wait behind it. */
const BATCH = 1000;

/** One change in a person's eyes: what to say of it, and what it does to records, all in one commit. */
interface Step {
  readonly change: AppliedChange;
  readonly event: AuditEvent;
  /** What writes the event. */
  readonly record: readonly Change[];
  readonly changes: readonly Change[];
  /** Records that it rests on without changing them. */
  readonly basis: readonly string[];
}

/**
 * A plan of changes to records as they were read; each step sees what those before it did. Committing holds every
 * record that a step changes or rests on to the revision that was read, so that nobody's write is lost, and writes
 * each step's audit event with it.
 */
export class Draft {
  /** When the plan is made, RFC 3339, UTC. */
  readonly now = new Date().toISOString();
  readonly #store: Store;
  readonly #origin: Origin;
  readonly #stored = new RecordSet();
  readonly #drafted = new RecordSet();
  readonly #steps: Step[] = [];

  constructor(store: Store, origin: Origin) {
    this.#store = store;
    this.#origin = origin;
  }

  get changes(): readonly AppliedChange[] {
    return this.#steps.map(({ change }) => change);
  }

  async load(keys: Iterable<string>): Promise<void> {
    const wanted = [...new Set(keys)];
    for (let start = 0; start < wanted.length; start += BATCH) {
      const { records } = await this.#store.read(wanted.slice(start, start + BATCH));
      for (const record of records) if (record !== undefined) this.#take(record);
    }
  }

  async loadAll(prefix: string): Promise<void> {
    for await (const record of everyRecord(this.#store, prefix)) this.#take(record);
  }

  /** A record that was loaded, as the steps so far leave it. One that was not loaded counts as absent. */
  get(key: string): StoredRecord | undefined {
    return this.#drafted.get(key);
  }

  /** The loaded records under a prefix, as the steps so far leave them. */
  all(prefix: string): readonly StoredRecord[] {
    return this.#drafted.all().filter(({ key }) => key.startsWith(prefix));
  }

  /** @param basis keys of records that the change rests on without changing them */
  add(change: AppliedChange, changes: readonly Change[], basis: readonly string[] = []): void {
    for (const each of changes) this.#drafted.apply(each, 0);
    const event = auditEvent(change, this.#origin, this.now);
    this.#steps.push({ change, event, record: changesOfEvent(event), changes, basis });
  }

  /**
   * Commits the steps in order, many to a commit.
   *
   * @param applied called for each step once it is durable
   * @returns false as soon as somebody else has changed a record since it was read
   */
  async commit(applied: (change: AppliedChange) => void = () => undefined): Promise<boolean> {
    for (const commit of inCommits(this.#steps, BATCH)) {
      if (!(await this.#commit(commit))) return false;
      for (const { change } of commit.steps) applied(change);
    }
    return true;
  }

  /**
   * Commits all steps or none.
   *
   * @returns false where somebody else has changed a record since it was read
   * @throws Error if they are more than one commit can hold
   */
  async commitAtOnce(): Promise<boolean> {
    const [commit, ...more] = inCommits(this.#steps, BATCH_LIMIT);
    if (more.length > 0) throw new Error('a plan that must be one commit is too large for it');
    return commit === undefined || this.#commit(commit);
  }

  async #commit({ steps, merged }: Commit): Promise<boolean> {
    const keys = new Set([...merged.keys(), ...steps.flatMap(({ basis }) => basis)]);
    const preconditions = [...keys].map((key) => ({ key, revision: this.#stored.get(key)?.revision ?? 0 }));
    const changes = [...merged].map(([key, change]) => toChange(key, change));
    const account = steps.flatMap(({ record }) => record);
    const result = await this.#store.commit([...changes, ...account], preconditions);
    if (!result.committed) return false;
    for (const change of changes) this.#stored.apply(change, result.position.revision);
    for (const { event } of steps) this.#origin.recorded?.(event);
    return true;
  }

  #take(record: StoredRecord): void {
    this.#stored.put(record);
    this.#drafted.put(record);
  }
}

/** What several steps do to one record. */
interface Merged {
  readonly set: Map<string, string>;
  readonly unset: Set<string>;
  removed: boolean;
}

interface Commit {
  readonly steps: Step[];
  /** Records that their events take. */
  accountSize: number;
  /** By the record's key: a commit names each record once. */
  readonly merged: Map<string, Merged>;
}

/** @param limit records that one commit may change */
function* inCommits(steps: readonly Step[], limit: number): Generator<Commit> {
  let commit: Commit = { steps: [], accountSize: 0, merged: new Map() };
  for (const step of steps) {
    if (commit.steps.length > 0 && !fits(commit, step, limit)) {
      yield commit;
      commit = { steps: [], accountSize: 0, merged: new Map() };
    }
    commit.steps.push(step);
    commit.accountSize += step.record.length;
    for (const change of step.changes) merge(commit.merged, change);
  }
  if (commit.steps.length > 0) yield commit;
}

/** No commit can say that a record is removed and made anew: its old fields would stay. */
function fits(commit: Commit, step: Step, limit: number): boolean {
  const { merged, accountSize } = commit;
  const revives = step.changes.some((change) => !('remove' in change) && merged.get(change.key)?.removed);
  return !revives && merged.size + accountSize + step.changes.length + step.record.length <= limit;
}

function merge(all: Map<string, Merged>, change: Change): void {
  const merged = all.get(change.key) ?? { set: new Map(), unset: new Set(), removed: false };
  all.set(change.key, merged);
  if ('remove' in change) {
    merged.removed = true;
    return;
  }
  for (const [name, value] of Object.entries(change.set ?? {})) {
    merged.set.set(name, value);
    merged.unset.delete(name);
  }
  for (const name of change.unset ?? []) {
    merged.set.delete(name);
    merged.unset.add(name);
  }
}

function toChange(key: string, { set, unset, removed }: Merged): Change {
  return removed ? { key, remove: true } : { key, set: Object.fromEntries(set), unset: [...unset] };
}
