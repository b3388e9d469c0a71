import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import type { ItemSelection, Route } from '../../../src/model/route.ts';
import { ask, openSocket, transcriptOf } from '../clients.ts';
import { OWNER, PARTNER, type Proxy, STRANGER, startProxy, startUpstream } from '../proxy-fixture.ts';
import { byOwner, byProduct, filtered, route, selector, upstream } from '../routes.ts';

interface Heard {
  readonly method: string | undefined;
  readonly length: string | undefined;
  readonly type: string | undefined;
  readonly body: Buffer;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const orders: ItemSelection = { items: selector('$[*]'), source: byProduct };

/** A proxy before a backend that writes down what it is sent, and answers every request alike. */
async function startWriting(
  request: Route['request'],
  response: Route['response'] = 'unfiltered',
  options: Parameters<typeof startProxy>[1] = {},
): Promise<Proxy & { heard: Heard[] }> {
  const heard: Heard[] = [];
  const backend = await startUpstream((incoming, answer) => {
    const chunks: Buffer[] = [];
    const { method, headers } = incoming;
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      heard.push({
        method,
        length: headers['content-length'] ?? headers['transfer-encoding'],
        type: headers['content-type'],
        body: Buffer.concat(chunks),
      });
      answer.writeHead(200, JSON_TYPE).end('[{"owner":"10001"},{"owner":"10002"}]');
    });
  });
  const to = upstream(backend.url);
  const path = typeof request === 'object' && 'parameter' in request ? '/orders/{productId}' : '/orders';
  const proxy = await startProxy(
    ['PUT', 'POST', 'PATCH', 'DELETE'].map((method) => route(`${method} ${path}`, to, { request, response })),
    {
      products: new Map([
        ['1101', { owner: '10001', distributor: '20003' }],
        ['2202', { owner: '10002', distributor: '20003' }],
      ]),
      ...options,
    },
  );
  return { ...proxy, heard };
}

const put = (
  proxy: Proxy,
  body: string | Buffer,
  more: Parameters<typeof ask>[1] = {},
): ReturnType<typeof ask> => ask(`${proxy.url}/orders`, { method: 'PUT', headers: JSON_TYPE, ...more, body });

describe.each([
  ['unfiltered', 'unfiltered' as const],
  ['filtered', filtered('$[*]')],
])('a body whose items are all the caller’s, on a route with %s answers,', (kind, response) => {
  it('goes on byte for byte with its length', async () => {
    const proxy = await startWriting(orders, response);
    const body = ' [ {"productId":"1101", "volume":0.700, "name":"Château"},\n {"productId":"1101"} ]\n';
    const answer = await put(proxy, body);
    expect(answer.status).toBe(200);
    expect(answer.body).toBe(
      kind === 'filtered' ? '[{"owner":"10001"}]' : '[{"owner":"10001"},{"owner":"10002"}]',
    );
    expect(proxy.heard).toEqual([
      {
        method: 'PUT',
        length: String(Buffer.byteLength(body)),
        type: 'application/json',
        body: Buffer.from(body),
      },
    ]);
  });

  it('may come in chunks', async () => {
    const proxy = await startWriting(orders, response);
    const answer = await put(proxy, '[{"productId":"1101"}]', {
      headers: { ...JSON_TYPE, 'transfer-encoding': 'chunked' },
    });
    expect(answer.status).toBe(200);
    expect(proxy.heard).toMatchObject([{ length: '22' }]);
  });
});

describe('a body goes nowhere', () => {
  it.each([
    ['with one foreign item', '[{"productId":"1101"},{"productId":"2202"}]', OWNER],
    ['with an unknown item', '[{"productId":"1101"},{"productId":"9"}]', OWNER],
    ['with an item that names nothing', '[{"productId":"1101"},{}]', OWNER],
    ['with an item that names twice', '[{"productId":"1101","productId":"2202"}]', OWNER],
    [
      'with an item that names twice, escaped',
      String.raw`[{"productId":"1101","product\u0049d":"2202"}]`,
      OWNER,
    ],
    ['with an item of another kind', '[{"productId":["1101"]}]', OWNER],
    ['without an item', '[]', OWNER],
    ['of a stranger', '[{"productId":"1101"}]', STRANGER],
  ])('%s: 403', async (_, body, key) => {
    const proxy = await startWriting(orders);
    const answer = await put(proxy, body, {
      headers: { ...JSON_TYPE, 'ocp-apim-subscription-key': key },
    });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'denied' });
    expect(proxy.heard).toEqual([]);
  });

  it('that holds members beside the items: 403, for nobody has looked at them', async () => {
    const proxy = await startWriting({ items: selector('$.orders[*]'), source: byOwner });
    const answer = await put(proxy, '{"orders":[{"owner":"10001"}],"onBehalfOf":"10002"}');
    expect(answer.status).toBe(403);
    expect(proxy.heard).toEqual([]);
  });

  it.each([
    ['that is no JSON', '[{"productId":"1101"}'],
    ['that is empty', ''],
    ['of another container', '{"orders":[{"productId":"1101"}]}'],
    ['of two texts', '[{"productId":"1101"}][]'],
    ['with a byte order mark', '\uFEFF[{"productId":"1101"}]'],
  ])('%s: 400', async (_, body) => {
    const proxy = await startWriting(orders);
    const answer = await put(proxy, body);
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'body_malformed' });
    expect(proxy.heard).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['of no type', {}],
    ['of another type', { 'content-type': 'text/plain' }],
    ['in another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['that is compressed', { ...JSON_TYPE, 'content-encoding': 'gzip' }],
  ])('%s: 415', async (_, headers) => {
    const proxy = await startWriting(orders);
    const answer = await put(proxy, gzipSync('[{"productId":"1101"}]'), { headers });
    expect(answer.status).toBe(415);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'media_type_unsupported' });
    expect(proxy.heard).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['', JSON_TYPE],
    [' in chunks', { ...JSON_TYPE, 'transfer-encoding': 'chunked' }],
  ])('that is too large%s: 413', async (_, headers) => {
    const proxy = await startWriting(orders);
    const answer = await put(proxy, `[{"productId":"1101","text":"${'x'.repeat(5000)}"}]`, { headers });
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'body_too_large' });
    expect(proxy.heard).toEqual([]);
  });

  it('when the policy fails: 500', async () => {
    const proxy = await startWriting(orders, 'unfiltered', { policyFails: true });
    const answer = await put(proxy, '[{"productId":"1101"}]');
    expect(answer.status).toBe(500);
    expect(proxy.heard).toEqual([]);
  });

  it('when its client goes away in the middle', async () => {
    const proxy = await startWriting(orders);
    const client = openSocket(proxy.port);
    client.write(
      `PUT /orders HTTP/1.1\r\nHost: a\r\nOcp-Apim-Subscription-Key: ${OWNER}\r\nContent-Type: application/json\r\nContent-Length: 22\r\n\r\n[{"productId"`,
    );
    await once(client, 'connect');
    setTimeout(() => client.resetAndDestroy(), 20);
    await vi.waitUntil(() => proxy.decisions.length > 0);
    expect(proxy.decisions).toMatchObject([{ code: 'client_aborted' }]);
    expect(proxy.heard).toEqual([]);
  });
});

it('a partner may write what its grant covers', async () => {
  const proxy = await startWriting(orders);
  const headers = { ...JSON_TYPE, 'ocp-apim-subscription-key': PARTNER };
  expect((await put(proxy, '[{"productId":"1101"}]', { headers })).status).toBe(200);
  expect((await put(proxy, '[{"productId":"2202"}]', { headers })).status).toBe(403);
  expect(proxy.heard).toHaveLength(1);
});

describe.each([
  ['unfiltered', 'unfiltered' as const],
  ['filtered', filtered('$[*]')],
])('an unchecked body, on a route with %s answers,', (_, response) => {
  it.each([
    ['with a length', { 'content-length': '100004' }],
    ['in chunks', { 'transfer-encoding': 'chunked' }],
  ])('%s goes on as it comes', async (__, framing: Record<string, string>) => {
    for (const method of ['PUT', 'POST', 'PATCH', 'DELETE']) {
      const proxy = await startWriting('unchecked', response);
      const body = Buffer.from([0, 1, 2, 255, ...Buffer.alloc(100_000, 'x')]);
      const headers = { 'content-type': 'application/octet-stream', ...framing };
      const answer = await ask(`${proxy.url}/orders`, { method, headers, body });
      expect(answer.status).toBe(200);
      const length = 'transfer-encoding' in framing ? 'chunked' : '100004';
      expect(proxy.heard).toEqual([{ method, length, type: 'application/octet-stream', body }]);
    }
  });

  it('may be none at all', async () => {
    for (const method of ['POST', 'DELETE']) {
      const proxy = await startWriting('unchecked', response);
      const answer = await ask(`${proxy.url}/orders`, { method });
      expect(answer.status).toBe(200);
      expect(proxy.heard).toMatchObject([{ method, body: Buffer.alloc(0) }]);
    }
  });

  it('whose upstream cannot be reached ends in a refusal, not in a reset', async () => {
    const to = upstream('http://127.0.0.1:1');
    const proxy = await startProxy([route('POST /orders', to, { request: 'unchecked', response })]);
    const answer = await ask(`${proxy.url}/orders`, { method: 'POST', body: Buffer.alloc(100_000) });
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream_unreachable' });
  });

  it('that breaks off breaks off upstream too', async () => {
    const ends: boolean[] = [];
    const backend = await startUpstream((incoming) => {
      incoming.resume();
      incoming.once('error', () => ends.push(incoming.complete));
    });
    const to = upstream(backend.url);
    const proxy = await startProxy([route('POST /orders', to, { request: 'unchecked', response })]);
    const client = openSocket(proxy.port);
    const transcript = transcriptOf(client);
    client.write(
      `POST /orders HTTP/1.1\r\nHost: a\r\nOcp-Apim-Subscription-Key: ${OWNER}\r\nContent-Length: 1000\r\n\r\nhalf`,
    );
    await once(backend.server, 'request');
    client.resetAndDestroy();
    await transcript;
    await vi.waitUntil(() => ends.length > 0 && proxy.decisions.length > 0);
    expect(ends).toEqual([false]);
    expect(proxy.decisions).toMatchObject([{ code: 'client_aborted' }]);
  });

  it('is held back while the upstream does not read', async () => {
    const backend = await startUpstream((incoming) => void incoming.pause());
    const to = upstream(backend.url);
    const proxy = await startProxy([route('POST /orders', to, { request: 'unchecked', response })]);
    const client = openSocket(proxy.port);
    const total = 30_000_000;
    client.write(
      `POST /orders HTTP/1.1\r\nHost: a\r\nOcp-Apim-Subscription-Key: ${OWNER}\r\nContent-Length: ${total}\r\n\r\n`,
    );
    const piece = Buffer.alloc(100_000);
    let sent = 0;
    const pump = (): void => {
      while (sent < total) {
        sent += piece.length;
        if (!client.write(piece)) {
          client.once('drain', pump);
          return;
        }
      }
    };
    pump();
    let before = -1;
    await vi.waitUntil(() => sent === before || ((before = sent), false), { interval: 100 });
    expect(sent).toBeLessThan(total);
  });
});

describe('a request whose path names its product', () => {
  it.each([
    ['PUT', '{"anything":1}'],
    ['DELETE', ''],
  ])('goes on for who may see that product: %s', async (method, body) => {
    const proxy = await startWriting({ parameter: 'productId' });
    const answer = await ask(`${proxy.url}/orders/1101`, {
      method,
      headers: body === '' ? {} : JSON_TYPE,
      body,
    });
    expect(answer.status).toBe(200);
    expect(proxy.heard.map((heard) => heard.body.toString())).toEqual([body]);
  });

  it.each([
    ['another’s product', '2202', OWNER],
    ['a product that nobody knows', '9', OWNER],
    ['a stranger', '1101', STRANGER],
  ])('is 403 for %s, and reaches no upstream', async (_, productId, key) => {
    const proxy = await startWriting({ parameter: 'productId' });
    const answer = await ask(`${proxy.url}/orders/${productId}`, {
      method: 'DELETE',
      headers: { 'ocp-apim-subscription-key': key },
    });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'denied' });
    expect(proxy.heard).toEqual([]);
  });
});
