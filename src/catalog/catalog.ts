import type { Follower } from '../store/follower.ts';
import { Replica, type ReplicaSink } from '../store/replica.ts';
import type { Store, StoredRecord } from '../store/store.ts';
import { type Attributes, decodeProduct, PRODUCT_PREFIX, productIdOf } from './product.ts';

/** What decides on each product, kept in memory and in step with the store. */
export class Catalog {
  readonly #products: Products;
  readonly #replica: Replica;

  private constructor(products: Products, replica: Replica) {
    this.#products = products;
    this.#replica = replica;
  }

  /** @throws StoreError */
  static async open(store: Store, follower: Follower): Promise<Catalog> {
    const products = new Products();
    return new Catalog(products, await Replica.open(store, follower, PRODUCT_PREFIX, products));
  }

  /**
   * Undefined for a product that is unknown, or of which a change is known that has not been read yet. Products that
   * are alike have one and the same object.
   */
  attributesOf(productId: string): Attributes | undefined {
    return this.#products.attributesOf(productId);
  }

  /** Grows whenever a product changes: equal numbers mean that every answer still holds. */
  get version(): number {
    return this.#products.version;
  }

  /** Products known. */
  get size(): number {
    return this.#products.size;
  }

  /** False while the whole catalog is being read again: then products are missing. */
  get complete(): boolean {
    return this.#replica.complete;
  }

  close(): void {
    this.#replica.close();
  }
}

/** Attributes that products share, and how many do. Thousands of products have a few hundred pairs of firms. */
interface SharedAttributes {
  readonly text: string;
  readonly attributes: Attributes;
  products: number;
}

class Products implements ReplicaSink {
  readonly #products = new Map<string, SharedAttributes>();
  readonly #shared = new Map<string, SharedAttributes>();
  version = 0;

  get size(): number {
    return this.#products.size;
  }

  attributesOf(productId: string): Attributes | undefined {
    return this.#products.get(productId)?.attributes;
  }

  put(record: StoredRecord): void {
    const { productId, attributes } = decodeProduct(record);
    this.#drop(productId);
    this.version += 1;
    const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
    const text = JSON.stringify(entries);
    let shared = this.#shared.get(text);
    if (shared === undefined) {
      shared = { text, attributes: Object.freeze(Object.fromEntries(entries)), products: 0 };
      this.#shared.set(text, shared);
    }
    shared.products += 1;
    this.#products.set(productId, shared);
  }

  remove(key: string): void {
    const productId = productIdOf(key);
    if (productId !== undefined) this.#drop(productId);
  }

  clear(): void {
    this.version += 1;
    this.#products.clear();
    this.#shared.clear();
  }

  #drop(productId: string): void {
    const shared = this.#products.get(productId);
    if (shared === undefined) return;
    this.version += 1;
    this.#products.delete(productId);
    shared.products -= 1;
    if (shared.products === 0) this.#shared.delete(shared.text);
  }
}
