import type { DemoProduct } from './products.ts';

/**
 * The texts that the demo backend sends. They are written by hand, not by JSON.stringify, to have what a
 * legacy backend's have: trailing zeros, dates that are none, raw `<` and raw UTF-8.
 */

const DATE = '2026-05-04';
const STORES = ['143', '208', '1071'];

/** Items one a line, the way people can read them. */
export function list(items: readonly string[]): string {
  return items.length === 0 ? '[]' : `[\n  ${items.join(',\n  ')}\n]`;
}

export function details({ productId, owner, distributor, row }: DemoProduct): string {
  const price = 89.9 + (row % 400);
  const volume = row % 3 === 0 ? 0.7 : 0.75;
  return (
    `{"basic":{"productId":"${productId}","productShortName":"Château d'Été < ${row}","volume":${volume.toFixed(3)},` +
    `"alcoholContent":${(11 + (row % 4)).toFixed(2)},"introductionDate":"0000-00-00"},` +
    `"logistics":{"wholesalerId":"${owner}","wholesalerName":"Wholesaler ${owner}","vendorId":"${distributor}",` +
    `"vendorName":"Distributor ${distributor}","orderPack":"6"},` +
    `"prices":[{"priceValidFrom":"2026-09-01","salesPrice":${price.toFixed(2)},` +
    `"salesPricePrLiter":${(price / volume).toFixed(2)},"bottleReturnValue":0.00}],` +
    `"lastChanged":{"date":"${DATE}","time":"12:00:01"}}`
  );
}

export function accumulatedStock({ productId, row }: DemoProduct): string {
  return (
    `{"productId":"${productId}","stock":${6500 + row},"numberOfStoresWithStock":${row % 140},` +
    `"updatedDate":"${DATE}","updatedTime":"05:08:54.000"}`
  );
}

export function stockPerStore({ productId, row }: DemoProduct): string {
  const stock = STORES.slice(0, 1 + (row % STORES.length)).map(
    (store) => `{"storeId":"${store}","storeStock":${row % 37},"lastChanged":"${DATE}T05:08:54"}`,
  );
  return `{"productId":"${productId}","stock":[${stock.join(',')}]}`;
}

/** One day of sales: stores, in each the products sold there. */
export function dailySales(products: readonly DemoProduct[]): string {
  const stores = STORES.map((storeId, index) => {
    const sold = products.filter(({ row }) => row % STORES.length === index);
    const sales = sold.map(
      ({ productId, row }) =>
        `{"productId":"${productId}","salesVolume":0.750,"salesQuantity":${1 + (row % 9)},"lastChanged":"${DATE}"}`,
    );
    return `{"storeId":"${storeId}","sales":[${sales.join(',')}]}`;
  });
  return `{"salesDate":"${DATE}","storeSales":[${stores.join(',')}]}`;
}
