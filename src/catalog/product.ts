import { isAttributeName } from '../model/identifier.ts';
import { type StoredRecord, StoreError } from '../store/store.ts';

/** What is decided by: `owner`, `distributor` and whatever else the catalog tells of a product. */
export type Attributes = Readonly<Record<string, string>>;

/** A row of the catalog. An owner of '' is nobody: the product is visible to no one. */
export interface Product {
  readonly productId: string;
  readonly attributes: Attributes;
}

/** Every product's record has a key that starts so; its fields are the attributes. */
export const PRODUCT_PREFIX = 'product/';

/** Whether a text can be a product's id: 1 to 128 Unicode characters, none of them a control character. */
export function isProductId(text: string): boolean {
  return /^[^\p{Cc}\p{Cs}]{1,128}$/u.test(text);
}

/** Whether a text can be an attribute's value: at most 256 characters, none of them a control character. */
export function isAttributeValue(text: string): boolean {
  return /^[^\p{Cc}\p{Cs}]{0,256}$/u.test(text);
}

/** Keys are printable ASCII; ids come from backends, and are what they are. */
export function productKey(productId: string): string {
  return PRODUCT_PREFIX + encodeURIComponent(productId);
}

/** The product whose record has that key; undefined if it is no product's. */
export function productIdOf(key: string): string | undefined {
  try {
    const productId = decodeURIComponent(key.slice(PRODUCT_PREFIX.length));
    return productKey(productId) === key ? productId : undefined;
  } catch {
    return undefined;
  }
}

/** @throws StoreError `corrupt` */
export function decodeProduct({ key, fields }: StoredRecord): Product {
  const productId = productIdOf(key);
  if (
    productId !== undefined &&
    fields['owner'] !== undefined &&
    Object.keys(fields).every(isAttributeName)
  ) {
    return { productId, attributes: fields };
  }
  throw new StoreError('corrupt', `a record under ${PRODUCT_PREFIX} cannot be read`);
}
