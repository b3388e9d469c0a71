import { readFile } from 'node:fs/promises';
import { describeFileError } from '../config/file-error.ts';
import { type FileFault, inFileOrder } from '../config/file-fault.ts';
import { isAttributeName } from '../model/identifier.ts';
import { readCsv } from './csv.ts';
import { isAttributeValue, isProductId, type Product } from './product.ts';

/**
 * Reads products from CSV in UTF-8, whose header names `productId`, `owner` and any further attributes
 * (`distributor`).
 *
 * @param file as faults shall name it
 * @param known ids that stand elsewhere already; those read here are added
 * @returns what it holds with the faults of its lines, or why it could not be read at all
 */
export async function readProductCsv(
  file: string,
  known: Set<string>,
): Promise<
  | { readonly products: readonly Product[]; readonly faults: readonly FileFault[] }
  | { readonly unreadable: string }
> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
    return parseProductCsv(file, text, known);
  } catch (error) {
    return { unreadable: `${file} ${describeFileError(error)}` };
  }
}

function parseProductCsv(
  file: string,
  text: string,
  known: Set<string>,
): { readonly products: readonly Product[]; readonly faults: readonly FileFault[] } {
  const lines = text.split('\n');
  const toFault = (line: number, column: number, message: string): FileFault => ({
    file,
    line,
    column,
    message,
    source: lines[line - 1]?.replace(/\r$/, ''),
  });
  const { rows, faults: unreadable } = readCsv(text);
  const faults = unreadable.map(({ line, column, message }) => toFault(line, column, message));
  const [header, ...body] = rows;
  const misnamed = faultOfHeader(header?.fields ?? []);
  if (header === undefined || misnamed !== undefined) {
    return { products: [], faults: [...faults, toFault(header?.line ?? 1, 1, misnamed ?? 'an empty file')] };
  }
  const products: Product[] = [];
  for (const { line, fields } of body) {
    const product = toProduct(header.fields, fields);
    if ('fault' in product) faults.push(toFault(line, 1, product.fault));
    else if (known.has(product.productId)) faults.push(toFault(line, 1, 'this product stands twice'));
    else {
      known.add(product.productId);
      products.push(product);
    }
  }
  return { products, faults: inFileOrder(faults) };
}

function faultOfHeader(names: readonly string[]): string | undefined {
  const missing = ['productId', 'owner'].find((required) => !names.includes(required));
  if (missing !== undefined) return `the header must name ${missing}: productId,owner,distributor`;
  if (!names.every(isAttributeName))
    return 'the name of an attribute is a letter, then letters, digits and _';
  return new Set(names).size < names.length ? 'the header names an attribute twice' : undefined;
}

function toProduct(
  names: readonly string[],
  fields: readonly string[],
): Product | { readonly fault: string } {
  if (!fields.every(isAttributeValue)) {
    return { fault: 'an attribute has at most 256 characters, and no control characters' };
  }
  const row = Object.fromEntries(names.map((name, index) => [name, fields[index] ?? '']));
  const { productId = '', ...attributes } = row;
  if (!isProductId(productId)) return { fault: 'the id of a product is 1 to 128 characters' };
  return { productId, attributes };
}
