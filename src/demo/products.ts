import { readFile } from 'node:fs/promises';

/** A product of the demo: a row of demo/products.csv, which is the catalog too. */
export interface DemoProduct {
  readonly productId: string;
  readonly owner: string;
  readonly distributor: string;
  /** Its row, from 0: all other figures are derived from it, so that every start tells the same story. */
  readonly row: number;
}

/** Reads the demo's products. The file is the package's own: no quoting, three columns. */
export async function readDemoProducts(file: string): Promise<readonly DemoProduct[]> {
  const [, ...lines] = (await readFile(file, 'utf8')).trimEnd().split('\n');
  return lines.map((line, row) => {
    const [productId = '', owner = '', distributor = ''] = line.split(',');
    return { productId, owner, distributor, row };
  });
}
