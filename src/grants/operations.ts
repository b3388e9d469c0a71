import { setTimeout as sleep } from 'node:timers/promises';
import { type Store, StoreError } from '../store/store.ts';
import type { Origin } from './actor.ts';
import { Draft } from './plan/draft.ts';

/** Plans that others' writes may overtake before a change gives up. */
const ATTEMPTS = 40;
/** Milliseconds, at most, between two of them. */
const MAX_PAUSE = 50;

/** Why an operation was not done: a rule of the domain, as a value. Nothing was changed. */
export interface Problem<Code extends string = string> {
  /** One of those that the admin service knows how to answer: src/admin/problems.ts. */
  readonly code: Code;
  /** One sentence for the caller; names no key. */
  readonly detail: string;
}

export function isProblem(result: object): result is Problem {
  return 'code' in result && 'detail' in result;
}

/**
 * Changes rights: the plan reads what it rests on and adds steps to the draft, which are committed together with their
 * audit events, all or none. Whatever somebody else changes meanwhile, it is planned again.
 *
 * @param plan must have no effect but on the draft
 * @param options.dryRun commit nothing
 * @returns what the plan made, once it is durable; a problem, and then nothing was changed
 * @throws StoreError also if others changed the same records again and again
 */
export async function change<Result>(
  store: Store,
  origin: Origin,
  plan: (draft: Draft) => Promise<Result>,
  { dryRun = false }: { readonly dryRun?: boolean | undefined } = {},
): Promise<Result> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const draft = new Draft(store, origin);
    const result = await plan(draft);
    if (dryRun || (typeof result === 'object' && result !== null && isProblem(result))) return result;
    if (await draft.commitAtOnce()) return result;
    await sleep(Math.random() * MAX_PAUSE);
  }
  throw new StoreError('unreachable', 'others are changing the same records all the time');
}
