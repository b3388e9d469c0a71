/**
 * What the proxied port takes at most: fixed, so that no configuration can take a bound away. What depends on the
 * API behind (`timeout`, `maxItemBytes`, `maxBodyBytes`) is the configuration's to say. docs/proxied-port.md is held to
 * these by a test.
 */
export const LIMITS = {
  /** Bytes of a request target. RFC 9110, section 4.1, recommends that 8,000 be taken. */
  targetBytes: 8192,
  /** Bytes of request line and headers together. */
  headBytes: 32_768,
  /** Header lines. */
  headerLines: 200,
  /** Requests at a time, of all known callers together. Those of others are bounded by the connections. */
  requests: 1024,
  /** Requests at a time of one user, by whichever of its keys. */
  requestsOfUser: 256,
  /** Open connections. Most of them wait for their next request: load balancers keep many. */
  connections: 4096,
  /** Milliseconds before idle ones make place again. */
  makingPlaceTime: 100,
  /** Requests that a client may pipeline in vain before its connection is cut at once. */
  followers: 16,
  /** How much of a refused request's body is read and thrown away, in bytes and milliseconds. */
  discardedBytes: 1_048_576,
  discardingTime: 2000,
} as const;

/** How long the proxied port waits for its clients; milliseconds. */
export interface Patience {
  /** For the request line and headers to arrive; and for a TLS handshake. */
  readonly head: number;
  /** For the whole request to arrive. */
  readonly request: number;
  /** For the next piece of a request's body, and for the client to read the next piece of its answer. */
  readonly silence: number;
  /** For the next request on a connection. Load balancers keep theirs for 60 s: they must be the first to close. */
  readonly nextRequest: number;
}

export const PATIENCE: Patience = { head: 15_000, request: 300_000, silence: 60_000, nextRequest: 75_000 };

/** Milliseconds that requests under way have to end in when the sidecar does. Kubernetes kills after 30 s. */
export const DRAIN_BOUND = 25_000;
