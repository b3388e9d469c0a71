import { expect, it } from 'vitest';
import { ask, converse } from '../sidecar/clients.ts';
import { OWNER, startProxy, startUpstream } from '../sidecar/proxy-fixture.ts';
import { byProduct, filtered, route, selector, upstream } from '../sidecar/routes.ts';

const BODY = '[{"productId":"1101"}]';

async function start(requestHeaders = ['content-type']) {
  const types: unknown[] = [];
  const backend = await startUpstream((incoming, answer) => {
    types.push(incoming.headers['content-type']);
    answer.setHeader('content-type', 'application/json');
    incoming.resume().once('end', () => answer.end('[]'));
  });
  const to = upstream(backend.url, { requestHeaders });
  const request = { items: selector('$[*]'), source: byProduct };
  const proxy = await startProxy(
    [
      route('PATCH /unfiltered', to, { request, response: 'unfiltered' }),
      route('PATCH /filtered', to, { request, response: filtered('$[*]') }),
    ],
    { products: new Map([['1101', { owner: '10001' }]]) },
  );
  return { proxy, types };
}

it.each([
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/vnd.api+json',
  'application/hal+json; charset=utf-8',
])('a write of %s, in which other things count than its items, reaches no upstream', async (type) => {
  const { proxy, types } = await start();
  const answer = await ask(`${proxy.url}/unfiltered`, {
    method: 'PATCH',
    headers: { 'content-type': type },
    body: BODY,
  });
  expect(answer.status).toBe(415);
  expect(types).toEqual([]);
});

it.each(['unfiltered', 'filtered'])(
  'a caller who names Content-Type in Connection does not take it from a checked body on a %s route',
  async (kind) => {
    const { proxy, types } = await start();
    await converse(
      proxy.port,
      `PATCH /${kind} HTTP/1.1\r\nHost: a\r\nOcp-Apim-Subscription-Key: ${OWNER}\r\nContent-Type: application/json; v=2\r\nContent-Length: ${BODY.length}\r\nConnection: close, Content-Type\r\n\r\n${BODY}`,
    );
    expect(types).toEqual(['application/json; v=2']);
  },
);

it('a checked body goes with its type though the header is not listed', async () => {
  const { proxy, types } = await start([]);
  await ask(`${proxy.url}/unfiltered`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: BODY,
  });
  expect(types).toEqual(['application/json']);
});
