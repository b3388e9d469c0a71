import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import type { Upstream } from '../../../src/model/route.ts';
import { ask, converse, getHead, openSocket } from '../clients.ts';
import { OWNER, type Proxy, startProxy, startRawUpstream, startUpstream } from '../proxy-fixture.ts';
import { route, upstream } from '../routes.ts';

async function startBefore(url: string, changes: Partial<Upstream> = {}): Promise<Proxy> {
  const to = upstream(url, changes);
  return startProxy([
    route('GET /open', to, { response: 'unfiltered' }),
    route('POST /open', to, { request: 'unchecked', response: 'unfiltered' }),
  ]);
}

/** A proxy before a backend that writes these bytes at each request, and ends or resets the connection. */
async function startBroken(bytes: string, ending: 'end' | 'reset' | 'stay'): Promise<Proxy> {
  const backend = await startRawUpstream((socket) => {
    socket.write(bytes, 'latin1');
    // A reset overtakes what waits to be sent.
    if (ending === 'end') socket.end();
    else if (ending === 'reset') setTimeout(() => socket.resetAndDestroy(), 30);
  });
  return startBefore(backend.url, { timeout: 100 });
}

describe('an unfiltered answer', () => {
  it.each([200, 201, 206, 301, 404, 418, 503])(
    'of status %d passes as it is, redirects not followed',
    async (status) => {
      const backend = await startUpstream((_, response) => {
        response.writeHead(status, {
          'content-type': 'text/csv',
          etag: '"1"',
          location: '/elsewhere',
          'set-cookie': ['a=b', 'c=d'],
          'x-total-count': '66000',
          'content-encoding': 'gzip',
        });
        response.end(gzipSync('10002;secret'));
      });
      const proxy = await startBefore(backend.url);
      const answer = await ask(`${proxy.url}/open`);
      expect(answer.status).toBe(status);
      expect(answer.headers).toMatchObject({
        'content-type': 'text/csv',
        etag: '"1"',
        location: '/elsewhere',
        'set-cookie': ['a=b', 'c=d'],
        'x-total-count': '66000',
        'content-encoding': 'gzip',
      });
      expect(Buffer.byteLength(answer.body)).toBeGreaterThan(0);
      expect(proxy.decisions).toMatchObject([{ code: 'forwarded', status }]);
    },
  );

  it('loses the headers that were for our connection only', async () => {
    const proxy = await startBroken(
      'HTTP/1.1 200 OK\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=1\r\nProxy-Authenticate: Basic\r\nTrailer: X-Late\r\nUpgrade: x\r\nX-End: 1\r\nContent-Length: 2\r\n\r\nok',
      'end',
    );
    const { headers, body } = await ask(`${proxy.url}/open`);
    expect(body).toBe('ok');
    expect(Object.keys(headers).sort()).toEqual(['connection', 'content-length', 'date', 'x-end']);
  });

  it('leaves the client’s connection open, or closed, as the client asked', async () => {
    const backend = await startUpstream((_, response) => response.end('ok'));
    const proxy = await startBefore(backend.url);
    const closed = await converse(proxy.port, getHead('/open'));
    expect(closed.bytes).toMatch(/connection: close\r\n/i);
    const client = openSocket(proxy.port);
    for (let count = 0; count < 2; count += 1) {
      client.write(getHead('/open').replace('Connection: close\r\n', ''));
      const [chunk] = await once(client, 'data');
      expect(String(chunk)).toMatch(/connection: keep-alive\r\n/i);
    }
  });

  it('to HEAD passes without a body', async () => {
    const backend = await startUpstream((_, response) =>
      response.setHeader('content-length', 5).end('12345'),
    );
    const proxy = await startBefore(backend.url);
    const answer = await ask(`${proxy.url}/open`, { method: 'HEAD' });
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect(answer.headers['content-length']).toBe('5');
  });

  it('comes without the informational ones before it', async () => {
    const proxy = await startBroken(
      'HTTP/1.1 103 Early Hints\r\nLink: </secret>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
      'stay',
    );
    const answer = await converse(proxy.port, getHead('/open'));
    expect(answer.bytes).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer.bytes).not.toContain('secret');
  });
});

describe('an unfiltered answer that breaks is reset, never whole', () => {
  it.each<[string, string, 'end' | 'reset']>([
    ['cut before its length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'end'],
    ['cut by a reset', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'reset'],
    ['cut in its chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', 'end'],
    [
      'of chunks that are none',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n',
      'end',
    ],
  ])('when %s', async (_, bytes, ending) => {
    for (const version of ['1.1', '1.0']) {
      const proxy = await startBroken(bytes, ending);
      const answer = await converse(proxy.port, getHead('/open', version));
      expect(answer.ending).toBe('reset');
      expect(proxy.decisions).toMatchObject([{ code: 'upstream_unreachable', status: undefined }]);
    }
  });

  it('when it stalls', async () => {
    const proxy = await startBroken('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 'stay');
    const answer = await converse(proxy.port, getHead('/open'));
    expect(answer.bytes).toContain('half');
    expect(answer.ending).toBe('reset');
    expect(proxy.decisions).toMatchObject([{ code: 'upstream_timeout' }]);
  });
});

describe('an unfiltered request ends in a refusal', () => {
  it.each<[string, string, 'end' | 'reset' | 'stay', number, string]>([
    ['when the upstream hangs up', '', 'end', 502, 'upstream_unreachable'],
    ['when the upstream resets', '', 'reset', 502, 'upstream_unreachable'],
    ['when the upstream does not speak HTTP', 'SSH-2.0-x\r\n\r\n', 'stay', 502, 'upstream_unreachable'],
    [
      'when the upstream changes protocols',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      'stay',
      502,
      'upstream_unreachable',
    ],
    ['when the upstream is silent', '', 'stay', 504, 'upstream_timeout'],
  ])('%s', async (_, bytes, ending, status, code) => {
    const proxy = await startBroken(bytes, ending);
    const answer = await ask(`${proxy.url}/open`);
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json');
    expect(JSON.parse(answer.body)).toMatchObject({ code });
    expect(proxy.decisions).toMatchObject([
      { code, status, reason: expect.stringMatching(/^the upstream: /) },
    ]);
    expect(JSON.stringify(proxy.decisions) + proxy.log()).not.toContain('127.0.0.1');
  });

  it('when nobody listens, though a long body is on its way', async () => {
    const proxy = await startBefore('http://127.0.0.1:1');
    const answer = await ask(`${proxy.url}/open`, { method: 'POST', body: Buffer.alloc(500_000) });
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream_unreachable' });
  });
});

it('a client that uploads slowly is not the upstream’s fault', async () => {
  const backend = await startUpstream((incoming, response) => {
    incoming.resume().once('end', () => response.end('ok'));
  });
  const proxy = await startBefore(backend.url, { timeout: 300 });
  const client = openSocket(proxy.port);
  client.write(
    `POST /open HTTP/1.1\r\nHost: a\r\nOcp-Apim-Subscription-Key: ${OWNER}\r\nContent-Length: 4\r\n\r\nha`,
  );
  await once(backend.server, 'request');
  setTimeout(() => client.write('lf'), 700);
  const [chunk] = await once(client, 'data');
  expect(String(chunk)).toMatch(/^HTTP\/1\.1 200 /);
  await vi.waitUntil(() => proxy.decisions.length > 0);
});
