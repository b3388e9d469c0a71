import { LRUCache } from 'lru-cache';
import type { ItemInput, Policy, PolicyContext, PolicyFault, RequestDecision } from './engine.ts';

const MAX_BATCH = 256;
/** Bounds of the memo, whoever calls: entries, and characters of input that they are found by. */
const MAX_CONTEXTS = 20_000;
const MAX_CONTEXT_CHARACTERS = 16 * 1024 * 1024;
const MAX_VERDICTS = 100_000;
const MAX_VERDICT_CHARACTERS = 32 * 1024 * 1024;

/** One subject's input less the items. */
interface KnownContext {
  /** Never given out twice: verdicts of a context that was let go are found by nobody, and age out. */
  readonly id: number;
  decision: RequestDecision | undefined;
  /** Items were decided in it before. */
  recurs: boolean;
}

interface Verdict {
  /** What was asked: found by its attributes, it holds only for these. */
  readonly item: ItemInput;
  readonly visible: boolean;
  /** Ms since the epoch. */
  readonly until: number;
}

/**
 * A policy's answers, remembered. A rule is a pure function of its input, so an answer is found again by the
 * whole input: less `now` if the policy does not read it, else with it, and so for the one second that it
 * names. An item is decided by itself: which others shared its batch is chance, and must not matter. A fault
 * is never remembered.
 */
export class Decisions {
  readonly #policy: Policy;
  readonly #subjects = new WeakMap<object, number>();
  readonly #contexts = new LRUCache<string, KnownContext>({
    max: MAX_CONTEXTS,
    maxSize: MAX_CONTEXT_CHARACTERS,
    sizeCalculation: (_, key) => key.length,
  });
  readonly #verdicts = new LRUCache<string, Verdict>({
    max: MAX_VERDICTS,
    maxSize: MAX_VERDICT_CHARACTERS,
    sizeCalculation: (_, key) => key.length,
  });
  #lastId = 0;

  constructor(policy: Policy) {
    this.#policy = policy;
  }

  /**
   * May this request be made at all?
   *
   * @param subject what the input was made from: a changed one must be another object
   */
  request(context: PolicyContext, subject: object): RequestDecision | PolicyFault {
    const known = this.#know(context, subject);
    if (known.decision !== undefined) return known.decision;
    const decision = this.#policy.request(context);
    if (!('fault' in decision)) known.decision = decision;
    return decision;
  }

  /**
   * Which of these does the caller see?
   *
   * @param subject what the input was made from: a changed one must be another object
   * @param items distinct ones, any number
   * @param until ms since the epoch at which the first of the items' grants ends
   * @param now ms since the epoch
   * @returns one verdict an item, in order; a fault if the policy failed on any
   */
  items(
    context: PolicyContext,
    subject: object,
    items: readonly ItemInput[],
    until: number | undefined,
    now: number,
  ): readonly boolean[] | PolicyFault {
    const known = this.#know(context, subject);
    if (!known.recurs) {
      // Most contexts never come again (an id in the path, a time in the query): to remember their items
      // would cost more than to decide them, and push out those that do.
      known.recurs = true;
      return this.#ask(context, items);
    }
    const verdicts: boolean[] = [];
    const open: { readonly at: number; readonly key: string; readonly item: ItemInput }[] = [];
    for (const [at, item] of items.entries()) {
      const key = `${known.id}${JSON.stringify(item.attributes)}`;
      const verdict = this.#verdicts.get(key);
      const holds = verdict !== undefined && now < verdict.until && sameRights(verdict.item, item);
      verdicts.push(holds && verdict.visible);
      if (!holds) open.push({ at, key, item });
    }
    const answers = this.#ask(
      context,
      open.map(({ item }) => item),
    );
    if ('fault' in answers) return answers;
    for (const [index, { at, key, item }] of open.entries()) {
      const visible = answers[index] === true;
      verdicts[at] = visible;
      this.#verdicts.set(key, { item, visible, until: until ?? Number.POSITIVE_INFINITY });
    }
    return verdicts;
  }

  #ask(context: PolicyContext, items: readonly ItemInput[]): readonly boolean[] | PolicyFault {
    const verdicts: boolean[] = [];
    for (let start = 0; start < items.length; start += MAX_BATCH) {
      const answers = this.#policy.items(context, items.slice(start, start + MAX_BATCH));
      if ('fault' in answers) return answers;
      verdicts.push(...answers);
    }
    return verdicts;
  }

  #know({ request, identity, now }: PolicyContext, subject: object): KnownContext {
    let owner = this.#subjects.get(subject);
    if (owner === undefined) {
      owner = ++this.#lastId;
      this.#subjects.set(subject, owner);
    }
    const key = JSON.stringify([owner, request, identity, this.#policy.readsNow ? now : undefined]);
    let known = this.#contexts.get(key);
    if (known === undefined) {
      known = { id: ++this.#lastId, decision: undefined, recurs: false };
      this.#contexts.set(key, known);
    }
    return known;
  }
}

/** Grants are compared as text only where they are not the very same: a stringified page costs as much as a policy. */
function sameRights(a: ItemInput, b: ItemInput): boolean {
  if (a.owned !== b.owned || a.grants.length !== b.grants.length) return false;
  return (
    a.grants === b.grants ||
    a.grants.every((grant, at) => {
      const other = b.grants[at];
      return (
        grant.roleId === other?.roleId &&
        (grant.scope === other.scope || JSON.stringify(grant.scope) === JSON.stringify(other.scope))
      );
    })
  );
}
