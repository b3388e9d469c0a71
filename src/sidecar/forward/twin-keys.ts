import type { Selector } from '../../model/selector.ts';

/**
 * Whether an item has a key that differs from one it is decided by only in what some reader passes over: upper and
 * lower case, compatibility forms, and all that is no letter or digit. `ProductID`, `product_id` and `productId[]`
 * beside `productId`. Many libraries take such a key for the same one, and some the last of them (golang/go issue
 * 14750; CVE-2026-27896): the upstream would act on what nobody has looked at.
 * @param body that is known to be JSON in UTF-8
 * @param items from the body to its items
 * @param attributes from an item to what decides on it
 */
export function hasTwinKeys(body: Buffer, items: Selector, attributes: readonly Selector[]): boolean {
  let values: readonly unknown[] = [JSON.parse(body.toString())];
  for (const step of items) {
    values = step.kind === 'wildcard' ? values.flat() : values.map((value) => member(value, step.name));
  }
  return values.some((item) => attributes.some((attribute) => hasTwinOnPath(item, attribute)));
}

function hasTwinOnPath(item: unknown, path: Selector): boolean {
  let value = item;
  for (const step of path) {
    if (step.kind === 'wildcard' || typeof value !== 'object' || value === null) return false;
    const { name } = step;
    const folded = fold(name);
    if (Object.keys(value).some((key) => key !== name && fold(key) === folded)) return true;
    value = member(value, name);
  }
  return false;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return Object.getOwnPropertyDescriptor(value, name)?.value;
}

/** Upper case first, as Java's equalsIgnoreCase has it: so `ı` and `i` are one. `İ` becomes `i` and a mark, which goes. */
function fold(text: string): string {
  return lettersAndDigits(lettersAndDigits(text.normalize('NFKC')).toUpperCase().toLowerCase());
}

function lettersAndDigits(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}]/gu, '');
}
