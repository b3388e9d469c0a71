import type { Exchange } from './exchange.ts';
import { LIMITS } from './limits.ts';
import { type Refusal, refuse } from './refusals.ts';
import { resetSocket } from './reset-connection.ts';

/**
 * The requests that have no whole answer yet: waits for them when the sidecar ends. Those of known callers have places,
 * of which there are so many; who is not known, or has been refused, takes none from others.
 */
export class InFlight {
  readonly #exchanges = new Set<Exchange>();
  /** Those that have a place, with the user for whom each was admitted. */
  readonly #places = new Map<Exchange, string>();
  readonly #byUser = new Map<string, number>();
  #emptied: (() => void) | undefined;
  #draining = false;

  get size(): number {
    return this.#exchanges.size;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Takes up a request, or says why it must not begin. Either way `leave` must follow. */
  enter(exchange: Exchange): Refusal | undefined {
    this.#exchanges.add(exchange);
    if (!this.#draining) return undefined;
    return refuse('shutting_down', 'Send the request again: another instance will take it.', {
      Connection: 'close',
      'Retry-After': '1',
    });
  }

  /** Gives a request a place, now that its user is known, or says why there is none. */
  admit(exchange: Exchange, userId: string): Refusal | undefined {
    if (this.#places.size >= LIMITS.requests) return busy('The sidecar has too many requests at once.');
    const count = this.#byUser.get(userId) ?? 0;
    if (count >= LIMITS.requestsOfUser) return busy('You have too many requests at once.');
    this.#byUser.set(userId, count + 1);
    this.#places.set(exchange, userId);
    return undefined;
  }

  /** Frees the place of a request, if it has one: its end is still waited for. */
  release(exchange: Exchange): void {
    const userId = this.#places.get(exchange);
    if (userId === undefined) return;
    this.#places.delete(exchange);
    const count = this.#byUser.get(userId) ?? 0;
    if (count > 1) this.#byUser.set(userId, count - 1);
    else this.#byUser.delete(userId);
  }

  leave(exchange: Exchange): void {
    this.release(exchange);
    this.#exchanges.delete(exchange);
    if (this.#exchanges.size === 0) this.#emptied?.();
  }

  /**
   * Lets no other request begin, and waits for those that have.
   * @param bound milliseconds; who is not done by then is cut off
   */
  async drain(bound: number): Promise<void> {
    this.#draining = true;
    for (const { response } of this.#exchanges) response.shouldKeepAlive = false;
    if (this.#exchanges.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
      timer = setTimeout(resolve, bound);
    });
    clearTimeout(timer);
    for (const { incoming } of this.#exchanges) resetSocket(incoming.socket);
  }
}

function busy(detail: string): Refusal {
  return refuse('too_many_requests', detail, { 'Retry-After': '1' });
}
