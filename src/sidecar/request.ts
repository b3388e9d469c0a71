import type { IncomingMessage } from 'node:http';
import type { Identity } from '../model/identity.ts';
import type { Route } from '../model/route.ts';

/** A request that has one route and one reading. */
export interface RoutedRequest {
  readonly incoming: IncomingMessage;
  readonly route: Route;
  /** Names this request in logs and refusals. */
  readonly decisionId: string;
  /** Upper case; HEAD stays HEAD. */
  readonly method: string;
  /** The canonical path, percent-encoded, as it goes upstream (below the upstream's base path). */
  readonly path: string;
  /** Path parameters, percent-decoded. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Decoded query parameters in order, the subscription key taken out. */
  readonly query: readonly (readonly [name: string, value: string])[];
  /** The same as it goes upstream: `?a=1&b=2`, or '' if there is none. */
  readonly search: string;
  /** The subscription key, when the query carried one. */
  readonly queryKey: string | undefined;
}

export interface AuthenticatedRequest extends RoutedRequest {
  readonly identity: Identity;
  /**
   * False once anything that the identity was made from has changed, or the store has been silent for too long to
   * know: a streaming answer must then stop.
   */
  isCurrent(): boolean;
}
