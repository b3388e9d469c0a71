// RFC 9112, section 8: a body without a length ends by the connection's close, unless that was an error. undici takes
// a reset for such an end, and a cut answer looked whole.
import { expect, it } from 'vitest';
import { converse, getHead, type Transcript } from '../sidecar/clients.ts';
import { startProxy, startRawUpstream } from '../sidecar/proxy-fixture.ts';
import { filtered, route, upstream } from '../sidecar/routes.ts';

const MINE = '{"owner":"10001"}';
/** More than what is held back before an answer begins. */
const LONG = `[${`${MINE},`.repeat(5000)}`;

/** @param rest is sent once the client has the beginning of its answer; the reset follows */
async function answerTo(path: string, status: number, rest: string): Promise<Transcript> {
  const { promise: begun, resolve: onBegin } = Promise.withResolvers<void>();
  const backend = await startRawUpstream(async (socket) => {
    const head = `HTTP/1.1 ${status} Status\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n`;
    socket.write(head + LONG);
    await begun;
    socket.write(rest, () => socket.resetAndDestroy());
  });
  const to = upstream(backend.url);
  const proxy = await startProxy([
    route('GET /list', to),
    route('GET /errors', to, { response: filtered('$[*]', { errors: 'pass' }) }),
  ]);
  return converse(proxy.port, getHead(path), onBegin);
}

it.each([
  ['an error that passes as it is', '/errors', 500, MINE],
  ['a list that happens to be whole', '/list', 200, `${MINE}]`],
])('%s, whose upstream resets the connection, is reset', async (_, path, status, rest) => {
  const { bytes, ending } = await answerTo(path, status, rest);
  expect(bytes).toContain(`HTTP/1.1 ${status} `);
  expect(ending).toBe('reset');
  expect(bytes.endsWith('0\r\n\r\n')).toBe(false);
});
