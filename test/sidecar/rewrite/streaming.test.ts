import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { converse, getHead, openSocket, transcriptOf } from '../clients.ts';
import { type Proxy, startProxy, startUpstream } from '../proxy-fixture.ts';
import { filtered, route, upstream } from '../routes.ts';

const MINE = `{"owner":"10001","text":"${'x'.repeat(1000)}"}`;
const HIDDEN = `{"owner":"10002","text":"${'x'.repeat(1000)}"}`;
/** More than what is held back before an answer begins. */
const BEGINNING = `[${`${MINE},`.repeat(70)}`;

/** A proxy before a backend that hands over each response once its head is out. */
async function startHandingOver(): Promise<Proxy & { response: () => Promise<ServerResponse> }> {
  const responses: ServerResponse[] = [];
  const backend = await startUpstream((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    responses.push(response);
  });
  const to = upstream(backend.url);
  const proxy = await startProxy([
    route('GET /list', to),
    route('GET /object', to, { response: filtered('$') }),
    route('GET /unfiltered', to, { response: 'unfiltered' }),
  ]);
  return {
    ...proxy,
    response: async () => {
      await vi.waitUntil(() => responses.length > 0);
      const [response] = responses;
      if (response === undefined) throw new Error('the upstream was not asked');
      return response;
    },
  };
}

describe('an answer', () => {
  it('begins before the upstream’s ends, and passes each item as it comes', async () => {
    const proxy = await startHandingOver();
    const client = openSocket(proxy.port);
    client.write(getHead('/list'));
    let received = '';
    client.on('data', (chunk) => (received += chunk.toString()));
    const response = await proxy.response();
    response.write(BEGINNING);
    await vi.waitUntil(() => received.includes(MINE));
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    response.write('{"owner":"10001","late":1},');
    await vi.waitUntil(() => received.includes('{"owner":"10001","late":1}'));
    response.end('{"owner":"10001","last":1}]');
    await once(client, 'end');
    expect(received).toMatch(/\{"owner":"10001","last":1\}\r\n1\r\n\]\r\n0\r\n\r\n$/);
  });

  it('does not begin while all items are hidden, however many', async () => {
    const proxy = await startHandingOver();
    const answer = converse(proxy.port, getHead('/list'));
    const response = await proxy.response();
    response.write(`[${`${HIDDEN},`.repeat(200)}`);
    await sleep(20);
    response.end(`${HIDDEN}]`);
    expect((await answer).bytes).toMatch(/content-length: 2\r\n[^]*\r\n\r\n\[\]$/i);
  });

  it('to HEAD ends where that to GET would begin, and asks no more of the upstream', async () => {
    const proxy = await startHandingOver();
    const answer = converse(proxy.port, getHead('/list').replace('GET', 'HEAD'));
    const response = await proxy.response();
    response.write(BEGINNING);
    expect((await answer).bytes).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\n$/);
    if (!response.destroyed) await once(response, 'close');
    expect(response.writableFinished).toBe(false);
    expect(proxy.decisions).toMatchObject([{ code: 'forwarded', status: 200 }]);
  });
});

describe.each(['list', 'unfiltered'])('a slow client of the %s', (path) => {
  it('holds the upstream back, and gets everything in the end', async () => {
    const proxy = await startHandingOver();
    const client = openSocket(proxy.port);
    client.write(getHead(`/${path}`));
    client.pause();
    const response = await proxy.response();
    // More than all buffers on the way together: those of three sockets and two streams.
    const count = 20_000;
    let written = 0;
    response.write('[');
    const pump = (): void => {
      while (written < count) {
        written += 1;
        if (!response.write(`${MINE},`)) {
          response.once('drain', pump);
          return;
        }
      }
      response.end(`${MINE}]`);
    };
    pump();
    let before = -1;
    await vi.waitUntil(() => (written > 0 && written === before) || ((before = written), false), {
      interval: 100,
    });
    expect(written).toBeLessThan(count);
    let length = 0;
    client.on('data', (chunk) => (length += chunk.length));
    client.resume();
    await once(client, 'end');
    expect(length).toBeGreaterThan((count + 1) * MINE.length);
    expect(proxy.decisions).toMatchObject([{ code: 'forwarded', status: 200 }]);
  });
});

describe.each(['list', 'object', 'unfiltered'])('a client of the %s that goes away', (path) => {
  it.each(['before the answer begins', 'in the middle of it'])(
    '%s ends the upstream’s work',
    async (when) => {
      const proxy = await startHandingOver();
      const client = openSocket(proxy.port);
      client.write(getHead(`/${path}`));
      const response = await proxy.response();
      if (when === 'in the middle of it' && path !== 'object') {
        response.write(BEGINNING);
        await once(client, 'data');
      } else response.write('[');
      client.destroy();
      await once(response, 'close');
      expect(response.writableFinished).toBe(false);
      await vi.waitUntil(() => proxy.decisions.length > 0);
      expect(proxy.decisions).toMatchObject([{ code: 'client_aborted' }]);
    },
  );
});

describe('when rights change', () => {
  it.each(['list', 'unfiltered'])(
    'an answer of the %s that has begun is reset before its next byte',
    async (path) => {
      const proxy = await startHandingOver();
      const client = openSocket(proxy.port);
      const transcript = transcriptOf(client);
      client.write(getHead(`/${path}`));
      const response = await proxy.response();
      response.write(BEGINNING);
      await once(client, 'data');
      proxy.changeRights();
      response.end('{"owner":"10001","late":1}]');
      const { bytes, ending } = await transcript;
      expect(ending).toBe('reset');
      expect(bytes).not.toContain('late');
      expect(proxy.decisions).toMatchObject([{ code: 'identity_changed' }]);
    },
  );

  it('an answer that has not begun is refused, to be asked for again', async () => {
    const proxy = await startHandingOver();
    const answer = converse(proxy.port, getHead('/list'));
    const response = await proxy.response();
    response.write(`[${MINE},`);
    await sleep(20);
    proxy.changeRights();
    response.end(`${MINE}]`);
    const { bytes } = await answer;
    expect(bytes).toMatch(/^HTTP\/1\.1 503 [^]*retry-after: 1\r\n/i);
    expect(bytes).not.toContain('10001');
  });
});
