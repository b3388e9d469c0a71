import type { Tuple } from '../../src/json/item-filter.ts';
import type { Child, Document, Item } from './documents.ts';

/** The text of a document. */
export function textOf({ root }: Document): string {
  return root.before + bodyOf(root) + root.after;
}

function bodyOf({ key, value }: Child): string {
  if (value.kind !== 'container') return key + value.text;
  const [open, close] = value.brackets;
  const children = value.children.map((child) => child.before + bodyOf(child) + child.after);
  return key + open + (children.length === 0 ? value.inner : children.join(',')) + close;
}

/** The items of a document, in the order in which they stand. */
export function itemsOf({ value }: Child): Item[] {
  if (value.kind === 'item') return [value];
  return value.kind === 'container' ? value.children.flatMap(itemsOf) : [];
}

export type Visible = (tuple: Tuple) => boolean;

export function isKept(item: Item, visible: Visible): boolean {
  return item.tuple !== undefined && visible(item.tuple);
}

/** What is to go out, to the byte; undefined if nothing does. */
export function expectedText({ root }: Document, visible: Visible): string | undefined {
  const body = expectedBody(root, visible);
  return body === undefined ? undefined : root.before + body + root.after;
}

function expectedBody(child: Child, visible: Visible): string | undefined {
  const { key, value } = child;
  if (value.kind === 'item') return isKept(value, visible) ? key + value.text : undefined;
  if (value.kind !== 'container') return value.kind === 'kept' ? key + value.text : undefined;
  if (value.prunable && !itemsOf(child).some((item) => isKept(item, visible))) return undefined;
  const [open, close] = value.brackets;
  const bodies = value.children.flatMap((member) => {
    const body = expectedBody(member, visible);
    return body === undefined ? [] : [{ before: member.before, body }];
  });
  const [first, ...later] = bodies;
  if (first === undefined) return key + open + close;
  const opening = value.children[0]?.before ?? '';
  const rest = later.map(({ before, body }) => `,${before}${body}`).join('');
  return key + open + opening + first.body + rest + (value.children.at(-1)?.after ?? '') + close;
}

/** Filters a parsed document as anybody would; `kept` says of its items, in their order, whether they stay. */
export function filterParsed(parsed: unknown, { selection }: Document, kept: readonly boolean[]): unknown {
  const { items, keep, prune } = selection;
  const verdicts = kept.values();

  /** Whether anything is kept in it, and what of it. */
  function filter(value: unknown, level: number): { readonly any: boolean; readonly value: unknown } {
    const step = items[level];
    if (step === undefined) return { any: verdicts.next().value === true, value };
    if (Array.isArray(value)) {
      const results = value.map((element) => filter(element, level + 1));
      const staying = results.filter(({ any }) => any || (!prune && level + 1 < items.length));
      return { any: results.some(({ any }) => any), value: staying.map((result) => result.value) };
    }
    let any = false;
    const entries = Object.entries(typeof value === 'object' && value !== null ? value : {});
    const members = entries.flatMap(([name, member]) => {
      if (step.kind === 'name' && step.name === name) {
        const result = filter(member, level + 1);
        any = result.any;
        return result.any || level + 1 < items.length ? [[name, result.value] as const] : [];
      }
      const isKept = keep.some((selector) => {
        const last = selector.at(-1);
        return selector.length === level + 1 && last?.kind === 'name' && last.name === name;
      });
      return isKept ? [[name, member] as const] : [];
    });
    return { any, value: Object.fromEntries(members) };
  }

  return filter(parsed, 0).value;
}
