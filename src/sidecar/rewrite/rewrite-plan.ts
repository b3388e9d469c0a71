import type { Selection } from '../../json/item-filter.ts';
import type { FilteredResponse, Upstream } from '../../model/route.ts';
import type { Selector, Step } from '../../model/selector.ts';
import { tupleSelectors } from '../visibility.ts';

/** What a route's configuration says of its answers, worked out once. */
export interface RewritePlan {
  readonly response: FilteredResponse;
  readonly selection: Selection;
  /** The selector finds one object at most: hidden and absent are the same 404. */
  readonly single: boolean;
  /** The list with nothing in it: `[]`, `{"value":[]}`. */
  readonly emptyList: Buffer;
  /**
   * An answer with nothing kept is `emptyList`, whatever the upstream's looked like. That holds for a flat list
   * and for a pruned one, whose parents go with their items. It does not where members are kept that stand
   * outside the lists (`$.nextLink`): a page with nothing on it must still tell where the next one is.
   * Nor for lists in lists that are not pruned, since there the empty parents are the answer.
   */
  readonly emptiesAlike: boolean;
}

/** Works out the plan of one filtered route. */
export function planRewrite(response: FilteredResponse, upstream: Upstream): RewritePlan {
  const { items, source, keep, prune } = response;
  const firstList = items.findIndex(isWildcard);
  const single = firstList === -1;
  const flat = firstList === items.length - 1;
  return {
    response,
    selection: {
      items,
      attributes: tupleSelectors(source),
      keep,
      prune,
      maxItemBytes: upstream.maxItemBytes,
    },
    single,
    emptyList: Buffer.from(emptyContainer(items)),
    emptiesAlike: !single && (flat || prune) && keep.every((kept) => isInside(kept, items, firstList)),
  };
}

/** The JSON text that holds the selector's first list, empty. */
function emptyContainer(items: Selector): string {
  const [step, ...rest] = items;
  if (step === undefined || step.kind === 'wildcard') return '[]';
  return `{${JSON.stringify(step.name)}:${emptyContainer(rest)}}`;
}

/** True where a kept member belongs to an element of the first list, and goes when that element goes. */
function isInside(kept: Selector, items: Selector, firstList: number): boolean {
  return (
    kept.length > firstList && items.slice(0, firstList + 1).every((step, index) => isSame(step, kept[index]))
  );
}

function isWildcard(step: Step): boolean {
  return step.kind === 'wildcard';
}

function isSame(a: Step, b: Step | undefined): boolean {
  if (a.kind === 'wildcard') return b?.kind === 'wildcard';
  return b?.kind === 'name' && a.name === b.name;
}
