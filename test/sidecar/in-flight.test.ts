import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { Exchange } from '../../src/sidecar/exchange.ts';
import { InFlight } from '../../src/sidecar/in-flight.ts';

function newExchange(): Exchange {
  // Not connected: resetting it is an error of its own.
  const incoming = new IncomingMessage(new Socket().on('error', () => {}));
  return new Exchange(incoming, new ServerResponse(incoming), 'none');
}

describe('requests in flight', () => {
  it('of known callers are 1,024 at most, whoever they are of', () => {
    const inFlight = new InFlight();
    const exchanges = Array.from({ length: 1024 }, newExchange);
    for (const [index, exchange] of exchanges.entries()) {
      inFlight.enter(exchange);
      expect(inFlight.admit(exchange, `u${index % 8}`)).toBeUndefined();
    }
    const late = newExchange();
    expect(inFlight.enter(late)).toBeUndefined();
    expect(inFlight.admit(late, 'another')).toMatchObject({
      code: 'too_many_requests',
      headers: { 'Retry-After': '1' },
    });
    for (const exchange of exchanges.slice(0, 1)) inFlight.leave(exchange);
    expect(inFlight.admit(late, 'another')).toBeUndefined();
  });

  it('have no place before their caller is known, nor once they are refused, and are waited for all the same', async () => {
    const inFlight = new InFlight();
    const unknown = Array.from({ length: 2000 }, newExchange);
    for (const exchange of unknown) expect(inFlight.enter(exchange)).toBeUndefined();
    const exchanges = unknown.slice(0, 256);
    for (const exchange of exchanges) expect(inFlight.admit(exchange, 'u1')).toBeUndefined();
    for (const exchange of exchanges) inFlight.release(exchange);
    for (const exchange of exchanges) expect(inFlight.admit(exchange, 'u1')).toBeUndefined();
    for (const exchange of exchanges) inFlight.release(exchange);
    expect(inFlight.size).toBe(2000);
    let drained = false;
    const draining = inFlight.drain(60_000).then(() => (drained = true));
    for (const exchange of unknown.slice(1)) inFlight.leave(exchange);
    await Promise.resolve();
    expect(drained).toBe(false);
    for (const exchange of unknown.slice(0, 1)) inFlight.leave(exchange);
    await draining;
  });

  it('of one user are 256 at most, and a place is free again when one has left', () => {
    const inFlight = new InFlight();
    const exchanges = Array.from({ length: 257 }, newExchange);
    for (const exchange of exchanges) inFlight.enter(exchange);
    const refusals = exchanges.map((exchange) => inFlight.admit(exchange, 'u1'));
    expect(refusals.filter((refusal) => refusal !== undefined)).toEqual([refusals[256]]);
    for (const exchange of exchanges.slice(250)) inFlight.leave(exchange);
    expect(inFlight.size).toBe(250);
    const again = Array.from({ length: 7 }, newExchange);
    for (const exchange of again) inFlight.enter(exchange);
    expect(again.map((exchange) => inFlight.admit(exchange, 'u1')?.code)).toEqual([
      ...Array.from({ length: 6 }, () => undefined),
      'too_many_requests',
    ]);
    expect(inFlight.admit(newExchange(), 'u2')).toBeUndefined();
  });

  it('are cut when the time to end is over', async () => {
    const inFlight = new InFlight();
    const exchange = newExchange();
    inFlight.enter(exchange);
    await inFlight.drain(1);
    expect(exchange.incoming.socket.destroyed).toBe(true);
    expect(inFlight.enter(newExchange())).toMatchObject({ code: 'shutting_down' });
  });
});
