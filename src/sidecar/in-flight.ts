import type { Exchange } from './exchange.ts';
import { LIMITS } from './limits.ts';
import { type Refusal, refuse } from './refusals.ts';
import { resetSocket } from './reset-connection.ts';

/** The requests that have no whole answer yet: bounds their number, and waits for them when the sidecar ends. */
export class InFlight {
  /** With the user for whom each was admitted, once that is known. */
  readonly #exchanges = new Map<Exchange, string | undefined>();
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
    this.#exchanges.set(exchange, undefined);
    if (this.#draining) {
      return refuse('shutting_down', 'Send the request again: another instance will take it.', {
        Connection: 'close',
        'Retry-After': '1',
      });
    }
    return this.#exchanges.size > LIMITS.requests
      ? busy('The sidecar has too many requests at once.')
      : undefined;
  }

  /** Counts a request among those of its user. */
  admit(exchange: Exchange, userId: string): Refusal | undefined {
    const count = this.#byUser.get(userId) ?? 0;
    if (count >= LIMITS.requestsOfUser) return busy('You have too many requests at once.');
    this.#byUser.set(userId, count + 1);
    this.#exchanges.set(exchange, userId);
    return undefined;
  }

  leave(exchange: Exchange): void {
    const userId = this.#exchanges.get(exchange);
    this.#exchanges.delete(exchange);
    if (userId !== undefined) {
      const count = this.#byUser.get(userId) ?? 0;
      if (count > 1) this.#byUser.set(userId, count - 1);
      else this.#byUser.delete(userId);
    }
    if (this.#exchanges.size === 0) this.#emptied?.();
  }

  /**
   * Lets no other request begin, and waits for those that have.
   * @param bound milliseconds; who is not done by then is cut off
   */
  async drain(bound: number): Promise<void> {
    this.#draining = true;
    for (const { response } of this.#exchanges.keys()) response.shouldKeepAlive = false;
    if (this.#exchanges.size === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#emptied = resolve;
      timer = setTimeout(resolve, bound);
    });
    clearTimeout(timer);
    for (const { incoming } of this.#exchanges.keys()) resetSocket(incoming.socket);
  }
}

function busy(detail: string): Refusal {
  return refuse('too_many_requests', detail, { 'Retry-After': '1' });
}
