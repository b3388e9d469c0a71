// RFC 9112, section 4: Node's parser takes a status below 100 and control bytes in the reason phrase, and its writer
// throws on both, in an event where nothing caught it: one answer of an upstream ended the process.
import { expect, it } from 'vitest';
import { converse, getHead } from '../sidecar/clients.ts';
import { startProxy, startRawUpstream } from '../sidecar/proxy-fixture.ts';
import { route, upstream } from '../sidecar/routes.ts';

async function answerTo(statusLine: string): Promise<string> {
  const backend = await startRawUpstream((socket) => {
    socket.end(`HTTP/1.1 ${statusLine}\r\nContent-Length: 2\r\n\r\n{}`, 'latin1');
  });
  const proxy = await startProxy([route('GET /open', upstream(backend.url), { response: 'unfiltered' })]);
  return (await converse(proxy.port, getHead('/open'))).bytes;
}

it.each(['000 None', '099 Low', '099 O\u0001K', '600 High'])(
  'an unfiltered answer with the status line %j is not passed on, and the sidecar serves on',
  async (statusLine) => {
    expect(await answerTo(statusLine)).not.toContain('{}');
  },
);

it('a reason phrase with a control byte is replaced', async () => {
  expect(await answerTo('200 O\u0001K')).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
});
