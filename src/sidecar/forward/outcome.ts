import type { ItemFilter } from '../../json/item-filter.ts';
import type { Refusal, RefusalCode } from '../refusals.ts';

export type ItemCounts = ItemFilter['counts'];

export type ResetCode = RefusalCode | 'client_aborted' | 'identity_changed';

/** How forwarding a request came out. */
export type ForwardOutcome =
  /** Nothing was written to the response. The reason is for the log. */
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly reason?: string }
  | { readonly kind: 'sent'; readonly status: number; readonly counts?: ItemCounts }
  /** The connection is gone; what the caller got of an answer cannot be taken for a whole one. */
  | { readonly kind: 'reset'; readonly code: ResetCode; readonly reason?: string };

export type Refused = Extract<ForwardOutcome, { kind: 'refused' }>;
export type Reset = Extract<ForwardOutcome, { kind: 'reset' }>;

/** @param reason what the log is told; undefined where the refusal says it all */
export function refusedFor(refusal: Refusal, reason: string | undefined): Refused {
  return reason === undefined ? { kind: 'refused', refusal } : { kind: 'refused', refusal, reason };
}

/** The same, when it is too late for a refusal. */
export function resetInsteadOf({ refusal: { code }, reason }: Refused): Reset {
  return reason === undefined ? { kind: 'reset', code } : { kind: 'reset', code, reason };
}
