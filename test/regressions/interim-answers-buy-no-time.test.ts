// undici begins to wait anew at each interim answer (1xx): an upstream that sends one after another held its request
// for ever, and one of the places that there are for requests.
import { expect, it } from 'vitest';
import { converse, getHead } from '../sidecar/clients.ts';
import { startProxy, startRawUpstream } from '../sidecar/proxy-fixture.ts';
import { route, upstream } from '../sidecar/routes.ts';
import { readAnswer } from '../sidecar/running-sidecar.ts';

it.each(['/list', '/whole'])(
  'an upstream that sends interim answers without end is a 504: %s',
  async (path) => {
    const backend = await startRawUpstream((socket) => {
      const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
      socket.once('close', () => clearInterval(timer));
    });
    const to = upstream(backend.url, { timeout: 100 });
    const proxy = await startProxy([
      route('GET /list', to),
      route('GET /whole', to, { response: 'unfiltered' }),
    ]);
    const { bytes } = await converse(proxy.port, getHead(path));
    expect(readAnswer(bytes)).toMatchObject({ status: 504, code: 'upstream_timeout' });
  },
);
