import type { ItemFilter } from '../../json/item-filter.ts';
import type { Refusal, RefusalCode } from '../refusals.ts';

export type ItemCounts = ItemFilter['counts'];

export type ResetCode = RefusalCode | 'client_aborted' | 'identity_changed';

/** How forwarding a request came out. */
export type ForwardOutcome =
  /** Nothing was written to the response. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'sent'; readonly status: number; readonly counts?: ItemCounts }
  /** The connection is gone; what the caller got of an answer cannot be taken for a whole one. */
  | { readonly kind: 'reset'; readonly code: ResetCode };
