import type { AuditEvent } from './audit.ts';

/** Who changes something. Users by id alone, so that an erased one leaves no address behind. */
export type Actor =
  | { readonly kind: 'user'; readonly userId: string }
  /** Somebody who runs Fullmakt, by the name that the configuration or the sign-in gives. */
  | { readonly kind: 'operator'; readonly name: string }
  /** Fullmakt itself, such as its outbox. */
  | { readonly kind: 'system'; readonly name: string };

/** By which way a change comes in. */
export type EntryPoint = 'auth-api' | 'management' | 'portal' | 'apply' | 'import' | 'confirmation';

/** Where a change comes from. */
export interface Origin {
  readonly actor: Actor;
  readonly route: EntryPoint;
  /** Called with each event once it is durable, in order: for a log that can only grow. */
  readonly recorded?: (event: AuditEvent) => void;
}
