import { expect, it } from 'vitest';
import type { AttributeSource } from '../../src/model/route.ts';
import { ask } from '../sidecar/clients.ts';
import { startProxy, startUpstream } from '../sidecar/proxy-fixture.ts';
import { attributes, byOwner, byProduct, route, selector, upstream } from '../sidecar/routes.ts';

const nested = attributes({ owner: '@.logistics.wholesalerId' });

/** What becomes of a body, and whether the upstream got it. */
async function write(body: string, source: AttributeSource): Promise<{ status: number; reached: boolean }> {
  let reached = false;
  const backend = await startUpstream((incoming, answer) => {
    reached = true;
    incoming.resume().once('end', () => answer.end('{}'));
  });
  const request = { items: selector('$[*]'), source };
  const proxy = await startProxy(
    [route('PUT /orders', upstream(backend.url), { request, response: 'unfiltered' })],
    { products: new Map([['1101', { owner: '10001', distributor: '20003' }]]) },
  );
  const { status } = await ask(`${proxy.url}/orders`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body,
  });
  return { status, reached };
}

it.each([
  ['in capitals behind the real one', '[{"productId":"1101","ProductID":"2202"}]', byProduct],
  ['in small letters before it', '[{"productid":"2202","productId":"1101"}]', byProduct],
  ['with an escape', '[{"productId":"1101","PRODUCT\\u0049D":"2202"}]', byProduct],
  [
    'with a long s, which folds to an s',
    '[{"logiſtics":{"wholesalerId":"10002"},"logistics":{"wholesalerId":"10001"}}]',
    nested,
  ],
  ['with fullwidth letters', '[{"owner":"10001","ｏｗｎｅｒ":"10002"}]', byOwner],
  ['with a dotless i, whose capital is an I', '[{"productId":"1101","productıd":"2202"}]', byProduct],
  ['with a dotted capital I', '[{"productId":"1101","productİd":"2202"}]', byProduct],
  ['with an underscore', '[{"productId":"1101","product_id":"2202"}]', byProduct],
  ['with a hyphen', '[{"productId":"1101","product-id":"2202"}]', byProduct],
  ['with a NUL behind it', '[{"productId":"1101","productId\\u0000":"2202"}]', byProduct],
  ['with a soft hyphen in it', '[{"productId":"1101","product\\u00adId":"2202"}]', byProduct],
  ['with a joiner in it', '[{"productId":"1101","product\\u200dId":"2202"}]', byProduct],
  ['with a space behind it', '[{"productId":"1101","productId ":"2202"}]', byProduct],
  ['with brackets behind it', '[{"productId":"1101","productId[]":"2202"}]', byProduct],
  ['with half a character in it', '[{"productId":"1101","product\\ud800Id":"2202"}]', byProduct],
  ['deeper in the item', '[{"logistics":{"wholesalerId":"10001","WholesalerId":"10002"}}]', nested],
  ['in the second item', '[{"productId":"1101"},{"productId":"1101","productID":"2202"}]', byProduct],
])('a write that names its product again %s reaches no upstream', async (_, body, source) => {
  expect(await write(body, source)).toEqual({ status: 403, reached: false });
});

it.each([
  ['elsewhere in the item', '[{"productId":"1101","line":{"ProductID":"2202"}}]', byProduct],
  ['by another name', '[{"productId":"1101","productIds":"2202"}]', byProduct],
])('a write with such a key %s goes on', async (_, body, source) => {
  expect(await write(body, source)).toEqual({ status: 200, reached: true });
});
