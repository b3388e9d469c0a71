import type { Selector, Step } from '../model/selector.ts';
import { Names } from './names.ts';

/** What is selected from a text, and by what it is decided on. */
export interface Selection {
  /** From the root to the items. None at all: the text is one item. */
  readonly items: Selector;
  /** From an item to the values that decide on it; names only. None at all: the item itself. */
  readonly attributes: readonly Selector[];
  /** Members beside the path that pass too: each a proper prefix of `items` and one more name. */
  readonly keep: readonly Selector[];
  /** Drop the elements of the arrays on the path that hold no kept item. */
  readonly prune: boolean;
  /** A larger item is hidden; and no more than this is held of what stands before an item. */
  readonly maxItemBytes: number;
}

/** A container on the path, and which of its children matter. */
export interface Level {
  readonly kind: 'array' | 'object';
  /** Of an object: the next step's name, then those kept beside it. */
  readonly names: Names;
  /** It goes with what is in it if no item is kept. */
  readonly prunable: boolean;
}

/** A value that decides on an item, or an object on the way to such values. */
export interface AttributeNode {
  /** Which of the item's attribute values stands here. */
  readonly leaf: number | undefined;
  readonly names: Names;
  /** In the order of `names`. */
  readonly children: readonly AttributeNode[];
  /** Its number among the item's nodes. */
  readonly id: number;
}

export interface Plan {
  /** From the root inwards. The children of the last are the items; none at all: the text is one item. */
  readonly levels: readonly Level[];
  readonly item: AttributeNode;
  readonly nodeCount: number;
  readonly leafCount: number;
  /** For each attribute of the selection, its leaf. */
  readonly leaves: readonly number[];
}

function fail(fault: string): never {
  throw new Error(`selection: ${fault}`);
}

function nameOf(step: Step | undefined): string {
  if (step?.kind !== 'name') return fail('a wildcard stands where only a name can');
  if (!step.name.isWellFormed()) return fail('half of a surrogate pair is no name');
  return step.name;
}

function sameStep(step: Step | undefined, other: Step | undefined): boolean {
  if (step?.kind === 'name') return other?.kind === 'name' && other.name === step.name;
  return step?.kind === other?.kind;
}

/** Names of the members that pass beside the path, for each of its containers. */
function keptNames({ items, keep }: Selection): ReadonlySet<string>[] {
  const kept = items.map(() => new Set<string>());
  for (const selector of keep) {
    const last = selector.length - 1;
    if (items[last]?.kind !== 'name') fail('what is kept must be a member of an object on the path');
    for (let i = 0; i < last; i++) {
      if (!sameStep(items[i], selector[i])) fail('what is kept must be a member of an object on the path');
    }
    if (sameStep(items[last], selector[last])) fail('what is kept must not be what is filtered');
    kept[last]?.add(nameOf(selector[last]));
  }
  return kept;
}

function planLevels(selection: Selection): Level[] {
  const { items, prune } = selection;
  const kept = keptNames(selection);
  return items.map((step, i) => ({
    kind: step.kind === 'name' ? 'object' : 'array',
    names: new Names(step.kind === 'name' ? [nameOf(step), ...(kept[i] ?? [])] : []),
    prunable: prune && items[i - 1]?.kind === 'wildcard',
  }));
}

/** The selectors that pass through one node, each with how it goes on from there. */
interface Branch {
  readonly attribute: number;
  readonly rest: Selector;
}

class AttributePlanner {
  nodeCount = 0;
  readonly leaves: number[] = [];
  leafCount = 0;

  node(branches: readonly Branch[]): AttributeNode {
    const id = this.nodeCount++;
    const byName = new Map<string, Branch[]>();
    let leaf: number | undefined;
    for (const { attribute, rest } of branches) {
      if (rest.length === 0) {
        leaf ??= this.leafCount++;
        this.leaves[attribute] = leaf;
      } else {
        const name = nameOf(rest[0]);
        const further = byName.get(name) ?? [];
        further.push({ attribute, rest: rest.slice(1) });
        byName.set(name, further);
      }
    }
    const children = [...byName.values()].map((further) => this.node(further));
    return { leaf, names: new Names([...byName.keys()]), children, id };
  }
}

/** A route's selection is the same object for each of its texts. */
const plans = new WeakMap<Selection, Plan>();

/** Prepares a selection. Throws an Error if it is not one (a configuration is checked before it comes here). */
export function planOf(selection: Selection): Plan {
  const known = plans.get(selection);
  if (known !== undefined) return known;
  const plan = makePlan(selection);
  plans.set(selection, plan);
  return plan;
}

function makePlan(selection: Selection): Plan {
  const planner = new AttributePlanner();
  const item = planner.node(selection.attributes.map((rest, attribute) => ({ attribute, rest })));
  const { nodeCount, leafCount, leaves } = planner;
  return { levels: planLevels(selection), item, nodeCount, leafCount, leaves };
}
