import { setTimeout as sleep } from 'node:timers/promises';
import { type FileFault, inFileOrder } from '../config/file-fault.ts';
import { type Store, StoreError } from '../store/store.ts';
import type { Origin } from './actor.ts';
import type { AppliedChange } from './applied-change.ts';
import { Draft } from './plan/draft.ts';
import { loadFor } from './plan/loading.ts';
import { planState } from './plan/plan.ts';
import { planPruning } from './plan/pruning.ts';
import { faultsOfReferences } from './plan/references.ts';
import type { State } from './state.ts';
import type { Peppers } from './subscription-key.ts';
import { describeUnreachableKeys, unreachableKeys } from './unlisted-peppers.ts';

/** Plans that others' writes may overtake before an apply gives up. */
const ATTEMPTS = 40;
/** Milliseconds, at most, between two of them. */
const MAX_PAUSE = 50;

const WAY_OUT =
  'nothing was changed: list that pepper again, after the first, or state both keys of those subscriptions anew';

/** Whoever runs `apply` where nobody says who it is. */
const APPLY: Origin = { actor: { kind: 'system', name: 'apply' }, route: 'apply' };

export interface ApplyOptions {
  readonly peppers: Peppers;
  /** Who applies it; {@link APPLY} if left out. */
  readonly origin?: Origin;
  /** Tell what would change and change nothing. */
  readonly dryRun?: boolean;
  /** Remove what the state does not name, in the sections that it has. */
  readonly prune?: boolean;
  /** Called for each change once it is durable: a key that was made must reach somebody even if a later one fails. */
  readonly applied?: (change: AppliedChange) => void;
}

/**
 * Brings a store to what a state says, beside whoever else writes to it. Only differences are written, so that a
 * second time changes nothing; a large state is written in several commits, whatever stands in a commit before what
 * rests on it.
 *
 * @returns what was changed (in a dry run: what would be), or every fault of the state, and then nothing was changed;
 *   nor was it where a refusal says that the store would still have keys under a pepper that is not listed
 * @throws StoreError also if others changed the same records again and again
 */
export async function applyState(
  store: Store,
  state: State,
  options: ApplyOptions,
): Promise<
  | { readonly changes: readonly AppliedChange[] }
  | { readonly faults: readonly FileFault[] }
  | { readonly refusal: string }
> {
  const { peppers, origin = APPLY, dryRun = false, prune = false } = options;
  const changes: AppliedChange[] = [];
  const applied = (change: AppliedChange): void => {
    changes.push(change);
    options.applied?.(change);
  };
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const draft = new Draft(store, origin);
    const unreachable = await unreachableKeys(store, peppers, draft.now);
    await draft.load(unreachable.map(({ key }) => key));
    await loadFor(draft, state, peppers, prune);
    const faults = [...faultsOfReferences(draft, state, peppers, prune), ...state.faults];
    if (faults.length > 0) return { faults: fileByFile(faults) };
    planState(draft, state, peppers, draft.now);
    if (prune) planPruning(draft, state, draft.now);
    const unreached = describeUnreachableKeys(unreachable.filter(({ key }) => draft.get(key) !== undefined));
    if (unreached !== undefined) return { refusal: `${unreached}; ${WAY_OUT}` };
    if (dryRun) return { changes: draft.changes.map(({ made: _, ...change }) => change) };
    if (await draft.commit(applied)) return { changes };
    await sleep(Math.random() * MAX_PAUSE);
  }
  throw new StoreError('unreachable', 'others are changing the same records all the time');
}

function fileByFile(faults: readonly FileFault[]): readonly FileFault[] {
  return [...Map.groupBy(faults, ({ file }) => file).values()].flatMap((ofFile) => inFileOrder(ofFile));
}
