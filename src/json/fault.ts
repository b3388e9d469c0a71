/**
 * Why a text was refused. `syntax`: not RFC 8259; `encoding`: not UTF-8; `structure`: the containers on the
 * selector's path are not what the selection says; `too_large`: nested too deep, or more would have to be held
 * than the selection allows; `undecided`: the verdict on an item could not be had.
 */
export interface Fault {
  readonly fault: 'syntax' | 'encoding' | 'structure' | 'too_large' | 'undecided';
  /** Bytes of the text before the place where it was noticed. */
  readonly offset: number;
  /** For logs. Holds nothing of the text but single bytes and names of the selection. */
  readonly message: string;
}
