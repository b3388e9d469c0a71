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
  it('are 1,024 at most, whoever they are of', () => {
    const inFlight = new InFlight();
    const exchanges = Array.from({ length: 1024 }, newExchange);
    for (const exchange of exchanges) expect(inFlight.enter(exchange)).toBeUndefined();
    const late = newExchange();
    expect(inFlight.enter(late)).toMatchObject({
      code: 'too_many_requests',
      headers: { 'Retry-After': '1' },
    });
    inFlight.leave(late);
    for (const exchange of exchanges.slice(0, 1)) inFlight.leave(exchange);
    expect(inFlight.enter(newExchange())).toBeUndefined();
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
