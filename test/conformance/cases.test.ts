import { describe, expect, it } from 'vitest';
import { HostileUpstream } from '../../src/conformance/hostile-upstream.ts';
import { loadCases } from '../../src/conformance/load-cases.ts';
import { fill, type Payload, render } from '../../src/conformance/payload.ts';
import { play, setUpBench } from '../../src/conformance/play.ts';
import { startPeer } from './peer/peer.ts';

const { cases, texts } = await loadCases();

describe('the cases', () => {
  it('are more than 120, in every family that a proxy may forget', () => {
    expect(cases.length).toBeGreaterThan(120);
    expect(new Set(cases.map(({ family }) => family)).size).toBe(28);
  });

  it('each name a source', () => {
    const known =
      /\b(?:RFC|CVE|CWE|OWASP|Unicode|W3C|WHATWG|HTML standard|github\.com|JSON|OData|The reason)\b/;
    const unknown = cases.filter(({ source }) => !known.test(source)).map(({ source }) => source);
    expect(unknown).toMatchInlineSnapshot(`
      [
        "WordPress REST API handbook (X-WP-Total); GitLab REST API (X-Total, X-Total-Pages)",
        "The X-Pagination header of many ASP.NET APIs",
        "Elasticsearch reference, terms aggregation",
        "nginx documentation, X-Accel-Redirect; Apache mod_xsendfile",
        "Omer Gil, Web Cache Deception Attack (2017)",
        "Martin Doyhenard, Gotta cache 'em all (PortSwigger, 2024)",
        "James Kettle, Practical Web Cache Poisoning (PortSwigger, 2018)",
        "Rack::MethodOverride, documentation",
        "James Kettle, HTTP/1.1 must die (PortSwigger, 2025)",
        "James Kettle, Practical Web Cache Poisoning (PortSwigger, 2018)",
        "draft-kelly-json-hal, sections 4.1.1 and 4.1.2",
      ]
    `);
  });

  it('are right about the lengths that their raw messages give', () => {
    expect(fill('<list>', texts)).toHaveLength(Number(texts.get('list-length')));
    expect(fill('<orders>', texts)).toHaveLength(Number(texts.get('orders-length')));
    expect(fill('[<own>]', texts)).toHaveLength(82);
  });
});

describe('a payload', () => {
  it.each<[string, Payload, string]>([
    ['a string is UTF-8', 'å', '\xc3\xa5'],
    ['in Latin-1 each character is a byte', { latin1: '\xc3\x28' }, '\xc3\x28'],
    ['in UTF-16 each has two', { utf16: 'ab' }, 'a\0b\0'],
    ['a chunk has its size before it', { chunk: 'abcdefghijklmnopq' }, '11\r\nabcdefghijklmnopq\r\n'],
    ['a chunk of nothing is none', { chunk: '' }, ''],
    ['parts are put together', ['a', { repeat: 'b', times: 3 }], 'abbb'],
    ['what is cut is cut from the end too', { cut: 'abcdef', at: -2 }, 'abcd'],
    ['names stand for texts', '<outer>', 'a b c'],
  ])('%s', (_, payload, bytes) => {
    const named = new Map([
      ['outer', 'a <inner> c'],
      ['inner', 'b'],
    ]);
    expect(render(payload, named).toString('latin1')).toBe(bytes);
  });

  it('with a name that stands for nothing is refused', () => {
    expect(() => render('<nothing>', new Map())).toThrow('<nothing> stands for nothing');
  });
});

it('a bare filter holds plain use, and falls short of what it has not thought of', async () => {
  const upstream = await HostileUpstream.start(0);
  const peer = await startPeer(0, upstream.port);
  const address = peer.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const keys = { owner: 'conformance-key-of-10001', other: 'conformance-key-of-nobody' };
  const bench = setUpBench(new URL(`http://127.0.0.1:${port}`), upstream, keys, texts);
  const faults: Record<string, readonly string[]> = {};
  for (const id of [
    'own-items',
    'foreign-item',
    'etag',
    'body-cut-by-close',
    'slash-encoded',
    'no-content',
  ]) {
    const found = cases.find((one) => one.id === id);
    if (found !== undefined) faults[id] = (await play(found, bench)).faults;
  }
  peer.close();
  await upstream.close();
  expect(faults).toMatchInlineSnapshot(`
    {
      "body-cut-by-close": [
        "not what it should be (status 200; it looks whole)",
      ],
      "etag": [
        "it has ETag: "whole-7"",
      ],
      "foreign-item": [],
      "no-content": [
        "1: it has ETag",
        "the statuses differ",
      ],
      "own-items": [],
      "slash-encoded": [
        "not what it should be (another body; status 200; it looks whole)",
        "it shows what is hidden",
        "the upstream got the request",
      ],
    }
  `);
});
