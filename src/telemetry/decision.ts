/** Items of one answer. */
export interface ItemTally {
  readonly kept: number;
  readonly hidden: number;
  /** Of the hidden ones, those that were hidden since their attributes could not be read. */
  readonly faulty: number;
  /** Members of the envelope that no `keep` names. */
  readonly removedMembers: number;
}

/** How one request ended. It is logged as it is: no key, address or query value belongs here. */
export interface Decision {
  readonly decisionId: string;
  /** A refusal's code; `forwarded` for an answer that went out whole; else why it was broken off: `client_aborted`. */
  readonly code: string;
  /** Of the answer; undefined where none went out. */
  readonly status: number | undefined;
  /** Why the policy denied the request, or could not decide; or what was wrong with the upstream’s answer. */
  readonly reason: string | undefined;
  /** The route's `match`; undefined where none was found. */
  readonly route: string | undefined;
  readonly method: string | undefined;
  readonly userId: string | undefined;
  readonly subscriptionId: string | undefined;
  readonly items: ItemTally | undefined;
  /** Milliseconds from the request's head to the answer's last byte. */
  readonly durationMs: number;
}
