// The caller is known from the request's head; a body may take minutes to follow. What was revoked meanwhile was
// still written.
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { transcriptOf } from '../sidecar/clients.ts';
import { OWNER, startProxy, startUpstream } from '../sidecar/proxy-fixture.ts';
import { byOwner, filtered, route, selector, upstream } from '../sidecar/routes.ts';

const BODY = '[{"owner":"10001"}]';
const checked = { items: selector('$[*]'), source: byOwner };

it.each([
  ['whose items are checked', checked, 'unfiltered'],
  ['whose items are checked, with a filtered answer', checked, filtered('$[*]')],
  ['that goes on unchecked', 'unchecked', 'unfiltered'],
  ['that goes on unchecked, with a filtered answer', 'unchecked', filtered('$[*]')],
] as const)(
  'a body %s does not reach the upstream whole once its sender’s rights have changed',
  async (_, request, response) => {
    let written = false;
    const backend = await startUpstream((incoming, answer) => {
      incoming.on('error', () => {});
      incoming.resume().once('end', () => {
        written = true;
        answer.setHeader('content-type', 'application/json').end('[]');
      });
    });
    const proxy = await startProxy([route('PUT /orders', upstream(backend.url), { request, response })]);
    const socket = connect(proxy.port, '127.0.0.1');
    const transcript = transcriptOf(socket);
    socket.write(
      `PUT /orders HTTP/1.1\r\nHost: a\r\nOcp-Apim-Subscription-Key: ${OWNER}\r\nConnection: close\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY.slice(0, -1)}`,
    );
    await setTimeout(100);
    proxy.changeRights();
    socket.write(BODY.slice(-1));
    expect((await transcript).bytes).not.toContain('HTTP/1.1 200');
    expect(written).toBe(false);
  },
);
