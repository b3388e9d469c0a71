/** Attribute name → the values that it admits; an attribute that is not named is not restricted. */
export type Scope = Readonly<Record<string, readonly string[]>>;

/** One live permission of a user: a role over one wholesaler's data. */
export interface Grant {
  readonly wholesalerId: string;
  readonly roleId: string;
  readonly scope: Scope;
  /** The first instant (ms since the epoch) at which it no longer counts; undefined: no end. */
  readonly endsAt: number | undefined;
}

/** Who a subscription key stands for. Holds only what counts: an unconfirmed user has no grants. */
export interface Identity {
  readonly userId: string;
  readonly email: string;
  readonly subscription: { readonly id: string; readonly apiProduct: string };
  /** The wholesalers whose primary contact this user is. */
  readonly owns: readonly string[];
  readonly grants: readonly Grant[];
}
