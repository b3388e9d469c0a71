import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readProductCsv } from '../../src/catalog/product-csv.ts';

const folder = await mkdtemp(join(tmpdir(), 'fullmakt-products-'));
afterAll(() => rm(folder, { recursive: true }));

async function read(text: string | Uint8Array, known = new Set<string>()) {
  const file = join(folder, 'products.csv');
  await writeFile(file, text);
  const result = await readProductCsv(file, known);
  if ('unreadable' in result) throw new Error(result.unreadable);
  const { products, faults } = result;
  return { products, faults: faults.map(({ line, column, message }) => `${line}:${column}: ${message}`) };
}

test('columns stand in any order, and each but the id is an attribute', async () => {
  const text = '\ufeffbrand,owner,productId\r\n"Vin, rød",10001,0001101\r\n,,x/ø y\r\n';
  expect(await read(text)).toEqual({
    products: [
      { productId: '0001101', attributes: { brand: 'Vin, rød', owner: '10001' } },
      { productId: 'x/ø y', attributes: { brand: '', owner: '' } },
    ],
    faults: [],
  });
});

test.each([
  [
    'no owner',
    'productId,distributor\n1,2\n',
    '1:1: the header must name owner: productId,owner,distributor',
  ],
  ['nothing', '', '1:1: the header must name productId: productId,owner,distributor'],
  ['an attribute twice', 'productId,owner,owner\n', '1:1: the header names an attribute twice'],
  [
    'a name with a space',
    'productId,owner,the brand\n',
    '1:1: the name of an attribute is a letter, then letters, digits and _',
  ],
  ['a product twice', 'productId,owner\n1,a\n2,a\n1,b\n', '4:1: this product stands twice'],
  ['no id', 'productId,owner\n,a\n', '2:1: the id of a product is 1 to 128 characters'],
  [
    'a control character',
    'productId,owner\n1,"a\tb"\n',
    '2:1: an attribute has at most 256 characters, and no control characters',
  ],
  [
    'too long an attribute',
    `productId,owner\n1,${'a'.repeat(257)}\n`,
    '2:1: an attribute has at most 256 characters, and no control characters',
  ],
])('a file with %s is refused', async (_, text, fault) => {
  expect((await read(text)).faults).toEqual([fault]);
});

test('a product that stands elsewhere already is a fault', async () => {
  expect((await read('productId,owner\n1,a\n', new Set(['1']))).faults).toEqual([
    '2:1: this product stands twice',
  ]);
});

test('a file that is not UTF-8 is refused', async () => {
  const text = new Uint8Array([...new TextEncoder().encode('productId,owner\n1,'), 0xf8, 0x0a]);
  await expect(read(text)).rejects.toThrow(/products\.csv cannot be read: it is not UTF-8$/);
});
