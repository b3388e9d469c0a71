import type { Secret } from '../model/secret.ts';
import type { AuditedChange } from './audit.ts';

/** Keys that were made for a subscription. They can't be read again. */
export interface MadeKeys {
  readonly email: string;
  readonly apiProduct: string;
  readonly primary: Secret | undefined;
  readonly secondary: Secret | undefined;
}

/** What became of one thing, for the audit and in words for a person. */
export interface AppliedChange extends AuditedChange {
  /** `role STOCK_READ`, then what changed. Holds no key. */
  readonly text: string;
  readonly made?: MadeKeys;
}
