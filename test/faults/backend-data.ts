import type { Container, Leaf } from './document.ts';
import type { Shape } from './fault-routes.ts';
import { catalogRow, distributorId, ownerId, PRODUCTS } from './rights.ts';
import type { Seeded } from './seeded.ts';

/** In every item that nobody may see who asks. */
const HIDDEN_MARK = 'HIDDEN';
/** Larger than the sidecar holds: the item is hidden, whoever owns it. */
const ENORMOUS = 1_200_000;

/** Whether the caller sees an item of an owner and a distributor. */
export type Sees = (owner: string, distributor: string) => boolean;

/** What a backend has to say: some hundred bytes to some megabytes, of many owners. */
export function makeData(shape: Shape, sees: Sees, random: Seeded): Leaf | Container {
  if (shape === 'page') return page(random, sees);
  if (shape === 'sales') return sales(random, sees);
  if (shape === 'object')
    return detail(random, sees, random.chance(0.1) ? random.between(1000, 400_000) : 300);
  return { kind: 'array', pruned: false, children: items(random, sees) };
}

function items(random: Seeded, sees: Sees) {
  const count = random.magnitude(1, 6000);
  // A list of others' goods alone, of one's own alone, and everything between.
  const own = random.pick([0, 0.02, 0.3, 1]);
  const enormous = random.chance(0.03) ? random.between(0, count - 1) : -1;
  return Array.from({ length: count }, (_, index) => ({
    key: '',
    value: detail(random, sees, index === enormous ? ENORMOUS : 0, own),
  }));
}

function page(random: Seeded, sees: Sees): Container {
  const member = (name: string, value: unknown, kept: boolean) => ({
    key: `"${name}":`,
    value: { kind: 'member' as const, text: JSON.stringify(value), kept },
  });
  const value = { kind: 'array' as const, pruned: false, children: items(random, sees) };
  return {
    kind: 'object',
    pruned: false,
    children: [
      member('count', `${HIDDEN_MARK} ${value.children.length}`, false),
      { key: '"value":', value },
      member('nextLink', '/page/2', true),
      member('total', [HIDDEN_MARK, { total: 66_000 }], false),
    ],
  };
}

function sales(random: Seeded, sees: Sees): Container {
  const share = random.pick([0, 0.03, 0.5]);
  const list = (children: readonly Container[]): Container => ({
    kind: 'array',
    pruned: false,
    children: children.map((value) => ({ key: '', value })),
  });
  const group = (name: string, own: string, inner: Container | readonly Leaf[]): Container => ({
    kind: 'object',
    pruned: true,
    children: [
      { key: `"${name}":`, value: { kind: 'member', text: JSON.stringify(own), kept: true } },
      { key: '"unlisted":', value: { kind: 'member', text: `"${HIDDEN_MARK}"`, kept: false } },
      'kind' in inner
        ? { key: '"storeSales":', value: { ...inner, pruned: true } }
        : {
            key: '"sales":',
            value: { kind: 'array', pruned: true, children: inner.map((value) => ({ key: '', value })) },
          },
    ],
  });
  const days = random.magnitude(1, 60);
  return list(
    Array.from({ length: days }, (_, day) =>
      group(
        'salesDate',
        `2026-05-${String((day % 28) + 1).padStart(2, '0')}`,
        list(
          Array.from({ length: random.between(0, 12) }, (_, store) =>
            group(
              'storeId',
              String(100 + store),
              Array.from({ length: random.between(0, 30) }, () => sale(random, sees, share)),
            ),
          ),
        ),
      ),
    ),
  );
}

function sale(random: Seeded, sees: Sees, share: number): Leaf {
  const index = random.chance(share) ? random.between(0, 1) : random.between(0, PRODUCTS + 3);
  const { productId, owner, distributor } = catalogRow(index);
  const kept = index < PRODUCTS && sees(owner, distributor);
  const text = `{"productId":"${productId}","salesVolume":0.750,"note":"${mark(kept)}-${random.between(0, 9999)}"}`;
  return { kind: 'item', text, kept };
}

/** @param own the share of items that are surely the caller's, if it has any */
function detail(random: Seeded, sees: Sees, padding: number, own = 0.5): Leaf {
  const owner = ownerId(random.chance(own) ? random.between(0, 1) : random.between(0, 39));
  const distributor = distributorId(random.between(0, 3));
  const oddity = random.between(0, 99);
  const spelled = spelledOwner(owner, oddity);
  const kept = padding < ENORMOUS && oddity >= 3 && sees(owner, distributor);
  const logistics = `"logistics": {${spelled} "vendorId": "${distributor}", "orderPack": "6"}`;
  const basic = `"basic": { "productId": "${random.between(1000, 9999)}", "productShortName": "Château d'Été < ${mark(kept)}-${random.between(0, 99_999)}", "volume": 0.700, "pad": "${'x'.repeat(padding)}" }`;
  const prices = `"prices": [ { "priceValidFrom": "0000-00-00", "salesPrice": 339.90 }, { "salesPrice": 1e2 } ]`;
  const members = random.chance(0.5) ? [logistics, basic, prices] : [basic, prices, logistics];
  const text = Buffer.from(`{ ${members.join(', ')} }`).toString('latin1');
  return { kind: 'item', text, kept };
}

/** One in a hundred each has no owner, an empty one, or null; one in ten names it by a number. */
function spelledOwner(owner: string, oddity: number): string {
  if (oddity === 0) return '';
  if (oddity === 1) return '"wholesalerId": "",';
  if (oddity === 2) return '"wholesalerId": null,';
  return oddity < 13 ? `"wholesalerId": ${owner},` : `"wholesalerId": "${owner}",`;
}

function mark(kept: boolean): string {
  return kept ? 'MINE' : HIDDEN_MARK;
}

/** Who sees an item whose bytes are no longer those that were made; undefined: it is no JSON value. */
export function seesChanged(shape: Shape, bytes: string, sees: Sees): boolean | undefined {
  const item = parseStrictly(bytes);
  if (item === undefined) return undefined;
  if (shape === 'sales') {
    const productId = attribute(item.value, ['productId']);
    const index = Array.from({ length: PRODUCTS }, (_, place) => place).find(
      (place) => catalogRow(place).productId === productId,
    );
    if (index === undefined) return false;
    const { owner, distributor } = catalogRow(index);
    return sees(owner, distributor);
  }
  const owner = attribute(item.value, ['logistics', 'wholesalerId']);
  const distributor = attribute(item.value, ['logistics', 'vendorId']);
  return owner !== undefined && distributor !== undefined && sees(owner, distributor);
}

function attribute(value: unknown, path: readonly string[]): string | undefined {
  const [name, ...rest] = path;
  if (name === undefined)
    return typeof value === 'string' || Number.isSafeInteger(value) ? String(value) : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const member: unknown = Object.getOwnPropertyDescriptor(value, name)?.value;
  return attribute(member, rest);
}

/** The value of a JSON text in UTF-8; undefined: it is none. */
export function parseStrictly(bytes: string): { readonly value: unknown } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Buffer.from(bytes, 'latin1'),
    );
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
