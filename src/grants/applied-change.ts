import type { Secret } from '../model/secret.ts';

/** Keys that were made for a subscription. They can't be read again. */
export interface MadeKeys {
  readonly email: string;
  readonly apiProduct: string;
  readonly primary: Secret | undefined;
  readonly secondary: Secret | undefined;
}

/** What became of one thing, in words that hold no key. */
export interface AppliedChange {
  readonly kind: 'added' | 'changed' | 'removed';
  /** `role STOCK_READ`, then what changed. */
  readonly text: string;
  readonly made?: MadeKeys;
}
