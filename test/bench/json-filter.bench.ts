/**
 * The JSON filter beside JSON.parse, in one process: megabytes of text a second of CPU time (user and system), the
 * median of several rounds, and their ratio. Run by `node test/bench/json-filter.bench.ts [rounds]`.
 */
import { ItemFilter, type Selection, type Tuple } from '../../src/json/item-filter.ts';
import { parseSelector, type Selector } from '../../src/model/selector.ts';

const ROUNDS = Number(process.argv[2] ?? 9);
/** CPU time of a round is told in whole milliseconds at best: a round repeats its work for about this long. */
const ROUND_MS = 150;
const CHUNK = 65_536;

interface Load {
  readonly name: string;
  readonly body: Buffer;
  readonly selection: Selection;
  readonly visible: (tuple: Tuple) => boolean;
}

function selector(text: string): Selector {
  const parsed = parseSelector(text, text.startsWith('@') ? '@' : '$');
  if ('fault' in parsed) throw new Error(parsed.fault);
  return parsed.selector;
}

/** A product as the first shape that the sidecar has to do with has them: nested, its owner within. */
function product(i: number): string {
  const price = (i * 37) % 900;
  return `{
    "basic": { "productId": "${1101 + i}", "productShortName": "Château d'Été < ${i % 40}", "volume": 0.700, "alcoholContent": 12.00, "introductionDate": "0000-00-00", "country": "Frankrike", "vintage": "${2010 + (i % 14)}" },
    "logistics": { "wholesalerId": "${10001 + (i % 50)}", "wholesalerName": "Wholesaler ${i % 50} AS", "vendorId": "${20001 + ((i % 50) % 20)}", "vendorName": "Distributor AS", "orderPack": "6", "minimumOrderQuantity": 12 },
    "origins": { "origin": { "country": "Frankrike", "region": "Bordeaux", "subRegion": null } },
    "prices": [ { "priceValidFrom": "2026-09-01", "salesPrice": ${price}.90, "salesPricePrLiter": ${price + 140}.57, "bottleReturnValue": 0.00 } ],
    "lastChanged": { "date": "2026-05-05", "time": "12:00:01" }
  }`;
}

/** Products of which some lack some members, in changing order of their groups. */
function irregular(i: number): string {
  const lines = product(i).split('\n');
  const groups = lines.slice(1, -1).filter((_, line) => line === 1 || (i * 7 + line * 5) % 4 !== 0);
  if (i % 3 === 0) groups.reverse();
  return `{${groups.map((line) => line.replace(/,$/, '')).join(',\n')}}`;
}

function compact(text: string): string {
  return text.replaceAll(/("(?:[^"\\]|\\.)*")|\s+/g, '$1');
}

function repeat(bytes: number, item: (i: number) => string): string {
  const items: string[] = [];
  for (let i = 0, length = 0; length < bytes; i++) {
    items.push(item(i));
    length += items[i]?.length ?? 0;
  }
  return `[\n  ${items.join(',\n  ')}\n]`;
}

/** Groups within groups of tiny items that only tell their product. */
function sales(day: number): string {
  const item = (i: number) =>
    `{"productId":"${1101 + ((i * 48_271) % 65_000)}","salesVolume":0.750,"salesQuantity":${i % 9},"lastChanged":"2026-05-05"}`;
  const store = (s: number) =>
    `{"storeId":"${s}","sales":[${Array.from({ length: 40 }, (_, i) => item(day * 4000 + s * 40 + i)).join(',')}]}`;
  return `{"salesDate":"2026-05-0${day % 9}","storeSales":[${Array.from({ length: 25 }, (_, s) => store(s)).join(',')}]}`;
}

const products: Selection = {
  items: selector('$[*]'),
  attributes: [selector('@.logistics.wholesalerId'), selector('@.logistics.vendorId')],
  keep: [],
  prune: false,
  maxItemBytes: 1_048_576,
};
const nested: Selection = {
  items: selector('$[*].storeSales[*].sales[*]'),
  attributes: [selector('@.productId')],
  keep: [selector('$[*].salesDate'), selector('$[*].storeSales[*].storeId')],
  prune: true,
  maxItemBytes: 1_048_576,
};
const three = ([owner]: Tuple) => ['10001', '10017', '10033'].includes(owner ?? '');
const some = ([id]: Tuple) => Number(id) % 16 === 0;
const MEGABYTE = 1_000_000;

const LOADS: readonly Load[] = [
  {
    name: 'products, 6 % kept',
    body: Buffer.from(compact(repeat(1.6 * MEGABYTE, product))),
    selection: products,
    visible: three,
  },
  {
    name: 'products, pretty, 6 % kept',
    body: Buffer.from(repeat(MEGABYTE, product)),
    selection: products,
    visible: three,
  },
  {
    name: 'products, all kept',
    body: Buffer.from(compact(repeat(1.6 * MEGABYTE, product))),
    selection: products,
    visible: () => true,
  },
  {
    name: 'irregular products, 6 % kept',
    body: Buffer.from(compact(repeat(1.6 * MEGABYTE, irregular))),
    selection: products,
    visible: three,
  },
  {
    name: 'nested sales, 6 % kept',
    body: Buffer.from(repeat(MEGABYTE, sales)),
    selection: nested,
    visible: some,
  },
  { name: 'one product', body: Buffer.from(`[${compact(product(0))}]`), selection: products, visible: three },
];

function filter({ body, selection, visible }: Load): number {
  const filter = new ItemFilter(selection, (tuples) => tuples.map(visible));
  let passed = 0;
  const count = (slices: ReturnType<ItemFilter['write']>) => {
    if ('fault' in slices) throw new Error(slices.message);
    for (const slice of slices) passed += slice.length;
  };
  for (let from = 0; from < body.length; from += CHUNK)
    count(filter.write(body.subarray(from, from + CHUNK)));
  count(filter.end());
  return passed;
}

function parse({ body }: Load): number {
  const parsed: unknown = JSON.parse(body.toString());
  return Array.isArray(parsed) ? parsed.length : 0;
}

/** Megabytes a second of CPU time, over one round. */
function speed(load: Load, work: (load: Load) => number, times: number): number {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) work(load);
  const { user, system } = process.cpuUsage(before);
  return (load.body.length * times) / (user + system);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

console.log(
  `${'MB/s of CPU time'.padEnd(30)}${['size', 'filter', 'JSON.parse', 'ratio'].map((head) => head.padStart(12)).join('')}`,
);
for (const load of LOADS) {
  const times = Math.ceil((ROUND_MS * 250_000) / (load.body.length + 2000));
  const filtered: number[] = [];
  const parsed: number[] = [];
  for (let round = -2; round < ROUNDS; round++) {
    const speeds = [speed(load, filter, times), speed(load, parse, times)] as const;
    if (round < 0) continue;
    filtered.push(speeds[0]);
    parsed.push(speeds[1]);
  }
  const size = `${(load.body.length / 1000).toFixed(1)} kB`;
  const cells = [
    size,
    median(filtered).toFixed(0),
    median(parsed).toFixed(0),
    (median(filtered) / median(parsed)).toFixed(2),
  ];
  console.log(`${load.name.padEnd(30)}${cells.map((cell) => cell.padStart(12)).join('')}`);
}
