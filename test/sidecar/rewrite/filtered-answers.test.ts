import type { OutgoingHttpHeaders } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { FilteredResponse } from '../../../src/model/route.ts';
import { type Answer, ask } from '../clients.ts';
import { OWNER, PARTNER, type Proxy, STRANGER, startProxy, startUpstream } from '../proxy-fixture.ts';
import { attributes, byProduct, filtered, route, selector, upstream } from '../routes.ts';

interface UpstreamAnswer {
  readonly status?: number;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

const JSON_HEADERS = { 'content-type': 'application/json' };

/** A proxy before a backend that gives one answer. */
async function startWith(
  { status = 200, headers = JSON_HEADERS, body = '' }: UpstreamAnswer,
  response: FilteredResponse = filtered('$[*]'),
): Promise<Proxy> {
  const backend = await startUpstream((_, answer) => answer.writeHead(status, headers).end(body));
  const to = upstream(backend.url);
  return startProxy([route('GET /list', to, { response, query: ['page'] })], {
    products: new Map([
      ['1101', { owner: '10001', distributor: '20003' }],
      ['2202', { owner: '10002', distributor: '20003' }],
      ['3303', { owner: '', distributor: '20003' }],
      ['4404', { owner: '10001', distributor: '20004' }],
    ]),
  });
}

async function answerTo(
  upstreamAnswer: UpstreamAnswer,
  response?: FilteredResponse,
  asked?: Parameters<typeof ask>[1],
): Promise<Answer> {
  const proxy = await startWith(upstreamAnswer, response);
  return ask(`${proxy.url}/list`, asked);
}

/** Without what differs from one answer to the next. */
function comparable({ status, headers, body }: Answer): object {
  const { date: _, ...rest } = headers;
  return { status, headers: rest, body: body.replace(/"decisionId":"[^"]*"/, '') };
}

const LIST =
  '[ {"owner":"10002","stock":1.0},\n  {"owner":"10001","volume":0.700, "name":"Château < 3"},\n\n  {"owner":10001},{"owner":""}]';

describe('a filtered list', () => {
  it('holds the owner’s items with the upstream’s bytes, and nothing else', async () => {
    const answer = await answerTo({ body: LIST });
    expect(answer.status).toBe(200);
    expect(answer.body).toBe(
      '[ {"owner":"10001","volume":0.700, "name":"Château < 3"},\n\n  {"owner":10001}]',
    );
    expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.body)));
  });

  it('is empty for a stranger', async () => {
    expect((await answerTo({ body: LIST }, undefined, { key: STRANGER })).body).toBe('[]');
  });

  it('holds for a partner what the scope of its grant covers', async () => {
    const body =
      '[{"owner":"10001","by":"20003"},{"owner":"10001","by":"20004"},{"owner":"10002","by":"20003"}]';
    const response = filtered('$[*]', { source: attributes({ owner: '@.owner', distributor: '@.by' }) });
    expect((await answerTo({ body }, response, { key: PARTNER })).body).toBe(
      '[{"owner":"10001","by":"20003"}]',
    );
  });

  it('is decided by the catalog, where an unknown product is nobody’s', async () => {
    const body =
      '[{"productId":"1101"},{"productId":"2202"},{"productId":"3303"},{"productId":"4404"},{"productId":"9"}]';
    const response = filtered('$[*]', { source: byProduct });
    expect((await answerTo({ body }, response)).body).toBe('[{"productId":"1101"},{"productId":"4404"}]');
    expect((await answerTo({ body }, response, { key: PARTNER })).body).toBe('[{"productId":"1101"}]');
  });

  it('loses envelope members that the route does not keep', async () => {
    const body = '{"value":[{"owner":"10001"},{"owner":"10002"}],"count":2,"nextLink":"/list?page=2"}';
    const response = filtered('$.value[*]', { keep: [selector('$.nextLink')] });
    expect((await answerTo({ body }, response)).body).toBe(
      '{"value":[{"owner":"10001"}],"nextLink":"/list?page=2"}',
    );
  });

  it('is written down with how many items it kept and hid', async () => {
    const proxy = await startWith({ body: LIST });
    await ask(`${proxy.url}/list`);
    expect(proxy.decisions).toMatchObject([
      { code: 'forwarded', status: 200, items: { kept: 2, hidden: 2, faulty: 0 } },
    ]);
  });
});

describe('HEAD answers what GET would, without the body', () => {
  it.each([
    ['a list', { body: LIST }],
    ['an empty list', { body: '[]' }],
    ['a faulty one', { body: '[{]' }],
  ])('of %s', async (_, upstreamAnswer) => {
    const proxy = await startWith(upstreamAnswer);
    const get = await ask(`${proxy.url}/list`);
    const head = await ask(`${proxy.url}/list`, { method: 'HEAD' });
    expect(comparable(head)).toEqual({ ...comparable(get), body: '' });
  });
});

describe('a list with nothing in it looks the same', () => {
  const variants: UpstreamAnswer[] = [
    { body: '[\n  {"owner":"10002"},\n  {"owner":"10003"}\n]\n' },
    { body: '[ ]' },
    { status: 204, headers: {} },
    { status: 404, headers: { 'content-type': 'text/html', etag: '"1"' }, body: '<p>none</p>' },
    {
      headers: { 'content-type': 'application/json; charset=utf-8', 'x-total-count': '66000', etag: '"1"' },
      body: '[{"owner":"10002"}]',
    },
    // More than is held before an answer begins.
    { body: `[${'{"owner":"10002"},'.repeat(5000)}{"owner":"10002"}]` },
  ];

  it.each([
    [200, '[]'],
    [204, ''],
    [404, undefined],
  ] as const)('with whenEmpty %d', async (whenEmpty, body) => {
    const response = filtered('$[*]', { whenEmpty });
    const empty = await answerTo({ body: '[]' }, response);
    expect(empty.status).toBe(whenEmpty);
    if (body !== undefined) expect(empty.body).toBe(body);
    for (const upstreamAnswer of variants)
      expect(comparable(await answerTo(upstreamAnswer, response))).toEqual(comparable(empty));
  });

  it('in an envelope', async () => {
    const response = filtered('$.value[*]');
    const hidden = await answerTo({ body: '{ "value": [{"owner":"10002"}], "count": 1 }' }, response);
    const absent = await answerTo({ status: 404 }, response);
    expect(hidden.body).toBe('{"value":[]}');
    expect(comparable(hidden)).toEqual(comparable(absent));
  });

  it('when parents are pruned', async () => {
    const response = filtered('$[*].sales[*]', { prune: true, keep: [selector('$[*].salesDate')] });
    const hidden = await answerTo(
      { body: '[{"salesDate":"2026-05-04","sales":[{"owner":"10002"}]}]' },
      response,
    );
    expect(comparable(hidden)).toEqual(comparable(await answerTo({ status: 204, headers: {} }, response)));
  });

  it('but a page of an envelope still tells where the next one is', async () => {
    const response = filtered('$.value[*]', { keep: [selector('$.nextLink')] });
    const { body } = await answerTo(
      { body: '{"value":[{"owner":"10002"}],"nextLink":"/list?page=2"}' },
      response,
    );
    expect(body).toBe('{"value":[],"nextLink":"/list?page=2"}');
  });

  it('and so does a page with links', async () => {
    const headers = { ...JSON_HEADERS, link: '</list?page=2>; rel="next", </list?page=9>; rel="last"' };
    const answer = await answerTo({ headers, body: '[{"owner":"10002"}]' });
    expect(answer.headers['link']).toBe('</list?page=2>; rel="next"');
  });
});

describe('a single object', () => {
  const object = (owner: string) => ({ body: `{"owner":"${owner}","stock":6500}` });

  it('passes whole to its owner', async () => {
    expect((await answerTo(object('10001'), filtered('$'))).body).toBe('{"owner":"10001","stock":6500}');
  });

  it('is found by nobody else, as one that does not exist', async () => {
    const hidden = await answerTo(object('10002'), filtered('$'));
    expect(hidden.status).toBe(404);
    expect(JSON.parse(hidden.body)).toMatchObject({ code: 'not_found' });
    for (const status of [403, 404, 410]) {
      const headers = { 'content-type': 'application/json', etag: '"1"', 'retry-after': '5' };
      const absent = await answerTo(
        { status, headers, body: '{"error":"gone"}' },
        filtered('$', { errors: 'pass' }),
      );
      expect(comparable(absent)).toEqual(comparable(hidden));
    }
  });

  it('with no attribute, two, or one of another kind is nobody’s', async () => {
    for (const body of ['{}', '{"owner":"10001","owner":"10001"}', '{"owner":["10001"]}', '{"owner":null}'])
      expect((await answerTo({ body }, filtered('$'))).status).toBe(404);
  });
});

describe('of the upstream’s statuses', () => {
  it.each([201, 202, 203, 205, 206, 207, 226, 300, 301, 302, 303, 304, 307, 308])(
    '%d is not passed on',
    async (status) => {
      const headers = { ...JSON_HEADERS, location: 'http://10.0.0.1/secret' };
      const answer = await answerTo({ status, headers, body: status === 304 ? '' : '[{"owner":"10001"}]' });
      expect(answer.status).toBe(502);
      expect(JSON.parse(answer.body)).toMatchObject({ code: 'response_unfilterable' });
      expect(answer.headers).not.toHaveProperty('location');
    },
  );

  it.each([400, 401, 403, 409, 410, 422, 429, 500, 503])('%d is told without its body', async (status) => {
    const headers = { ...JSON_HEADERS, 'retry-after': '7', 'set-cookie': 'a=b', 'x-debug': 'secret' };
    const answer = await answerTo({ status, headers, body: '{"message":"10002 secret"}' });
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream_error', status });
    expect(answer.headers['retry-after']).toBe('7');
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(answer.headers).not.toHaveProperty('set-cookie');
  });

  it('an error’s body passes where the route says so, under the same headers', async () => {
    const headers = { 'content-type': 'text/plain', 'x-debug': 'secret', 'content-encoding': 'gzip' };
    const answer = await answerTo(
      { status: 422, headers, body: gzipSync('no such date') },
      filtered('$[*]', { errors: 'pass' }),
    );
    expect(answer).toMatchObject({ status: 422, body: 'no such date' });
    expect(answer.headers).toMatchObject({ 'content-type': 'text/plain', 'cache-control': 'no-store' });
    expect(JSON.stringify(answer.headers)).not.toContain('secret');
    expect(answer.headers).not.toHaveProperty('content-encoding');
  });
});

describe('of the upstream’s headers', () => {
  const telling = {
    'content-type': 'application/json; charset=utf-8',
    'content-language': 'nb',
    'cache-control': 'public, max-age=60',
    etag: '"1"',
    'last-modified': 'Tue, 05 May 2026 05:08:54 GMT',
    'content-md5': 'x',
    digest: 'x',
    'content-digest': 'x',
    'accept-ranges': 'bytes',
    'content-location': '/list/all',
    'content-disposition': 'attachment',
    expires: 'Tue, 05 May 2099 05:08:54 GMT',
    age: '1',
    'set-cookie': ['a=b', 'c=d'],
    server: 'legacy/1',
    'x-total-count': '66000',
    vary: 'accept',
    date: 'Tue, 05 May 2020 05:08:54 GMT',
    trailer: 'x-checksum',
  };

  it('those that describe the body pass, and no other', async () => {
    const { headers } = await answerTo({ headers: telling, body: '[{"owner":"10001"}]' });
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'content-language': 'nb',
      'cache-control': 'no-store',
      'content-length': '19',
    });
    expect(Object.keys(headers).sort()).toEqual([
      'cache-control',
      'connection',
      'content-language',
      'content-length',
      'content-type',
      'date',
    ]);
    expect(headers['date']).not.toContain('2020');
  });

  it('those that the route names pass too, but no cookie and nothing that is ours to set', async () => {
    const response = filtered('$[*]', {
      headers: ['x-total-count', 'set-cookie', 'date', 'content-length', 'cache-control', 'content-encoding'],
    });
    const { headers } = await answerTo({ headers: telling, body: '[{"owner":"10001"}]' }, response);
    expect(headers['x-total-count']).toBe('66000');
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['date']).not.toContain('2020');
    expect(headers).not.toHaveProperty('set-cookie');
  });
});

describe('a body', () => {
  const body = '[{"owner":"10001"},{"owner":"10002"}]';

  it.each([
    ['gzip', gzipSync(body)],
    ['x-gzip', gzipSync(body)],
    ['GZIP', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['br', brotliCompressSync(body)],
    ['identity', Buffer.from(body)],
  ])('that came as %s is filtered, and sent plain', async (coding, bytes) => {
    const answer = await answerTo({ headers: { ...JSON_HEADERS, 'content-encoding': coding }, body: bytes });
    expect(answer).toMatchObject({ status: 200, body: '[{"owner":"10001"}]' });
    expect(answer.headers).not.toHaveProperty('content-encoding');
  });

  it.each([
    ['of an unknown coding', 'zstd', body],
    ['coded twice', 'gzip, gzip', gzipSync(gzipSync(body))],
    ['coded by a list of one empty coding', ',gzip', gzipSync(body)],
    ['that is not what it says', 'gzip', body],
    ['that is raw deflate', 'deflate', deflateRawSync(body)],
    ['that is cut', 'gzip', gzipSync(body).subarray(0, -5)],
    ['with bytes after its end', 'gzip', Buffer.concat([gzipSync(body), Buffer.from('[]')])],
    ['with another member after it', 'gzip', Buffer.concat([gzipSync('['), gzipSync(']')])],
    [
      'with bytes after its end, by brotli',
      'br',
      Buffer.concat([brotliCompressSync(body), Buffer.from('[]')]),
    ],
    ['that is a bomb', 'gzip', gzipSync(`[${'{"owner":"10002"},'.repeat(200_000)}{"owner":"10002"}]`)],
    ['that is a bomb of blanks', 'gzip', gzipSync(Buffer.alloc(20_000_000, ' '))],
  ])('%s is refused', async (_, coding, bytes) => {
    const answer = await answerTo({ headers: { ...JSON_HEADERS, 'content-encoding': coding }, body: bytes });
    expect(answer.status).toBe(502);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'response_unfilterable' });
  });

  it.each(['text/html', 'application/json; charset=utf-16', 'text/csv', ''])(
    'of type "%s" is refused',
    async (type) => {
      expect((await answerTo({ headers: { 'content-type': type }, body })).status).toBe(502);
    },
  );

  it.each([
    ['with a byte order mark', Buffer.from(`\uFEFF${body}`)],
    ['that is no JSON', '<html>'],
    ['that is empty', ''],
    ['of two texts', `${body}${body}`],
    ['not in UTF-8', Buffer.from('[{"owner":"10001","name":"Château"}]', 'latin1')],
    ['that begins with 70 kB of blanks', `${' '.repeat(70_000)}[{"owner":"10002"}]`],
    ['of another container', '{"value":[]}'],
    ['that is cut', '[{"owner":"10001"}'],
  ])('%s is refused', async (_, faulty) => {
    const answer = await answerTo({ body: faulty });
    expect(answer.status).toBe(502);
    expect(answer.body).not.toContain('10001');
  });
});

it('a policy that fails lets nothing pass', async () => {
  const backend = await startUpstream((_, answer) => answer.writeHead(200, JSON_HEADERS).end(LIST));
  const proxy = await startProxy([route('GET /list', upstream(backend.url))], { policyFails: true });
  const answer = await ask(`${proxy.url}/list`, { key: OWNER });
  expect(answer.status).toBe(500);
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'policy_failed' });
});
