import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { HostileUpstream } from '../../src/conformance/hostile-upstream.ts';
import { loadCases } from '../../src/conformance/load-cases.ts';
import { fill, type Payload, render } from '../../src/conformance/payload.ts';
import { play, setUpBench } from '../../src/conformance/play.ts';
import { portOf } from '../sidecar/running-sidecar.ts';
import { startPeer } from './peer/peer.ts';

const { cases, texts } = await loadCases();

describe('the cases', () => {
  it('are in every family of what a filter forgets', () => {
    expect([...new Set(cases.map(({ family }) => family))]).toEqual([
      'plain use',
      'conditional and range requests',
      'HEAD',
      'counts, links and paging',
      'headers that tell of the whole',
      'caches',
      'content encodings',
      'charsets, BOM and media types',
      'status codes',
      'redirects',
      'cookies',
      'error bodies',
      'trailers',
      'framing of answers',
      'request smuggling',
      'hop-by-hop headers',
      'path confusion',
      'query confusion',
      'methods and their override',
      'upgrade, CONNECT and Expect',
      'spoofed identity and forwarding headers',
      'keys',
      'JSON that is none',
      'envelopes',
      'duplicate, escaped and case-varied keys',
      'attributes missing, wrong or enormous',
      'hidden against absent',
      'writes',
    ]);
  });

  it('are as many as docs/conformance.md says', async () => {
    const rows = (await readFile('docs/conformance.md', 'utf8')).matchAll(/^\| ([^|*]+) \| (\d+) \|/gm);
    const told = [...rows].map(([, family = '', count]) => [family, Number(count)]);
    const counted = Map.groupBy(cases, ({ family }) => family);
    expect(told).toEqual([...counted].map(([family, those]) => [family, those.length]));
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
  const keys = { owner: 'conformance-key-of-10001', other: 'conformance-key-of-nobody' };
  const bench = setUpBench(new URL(`http://127.0.0.1:${portOf(peer)}`), upstream, keys, texts);
  const played = new Set([
    'own-items',
    'foreign-item',
    'etag',
    'body-cut-by-close',
    'slash-encoded',
    'no-content',
  ]);
  const short: string[] = [];
  for (const one of cases.filter(({ id }) => played.has(id))) {
    const { faults } = await play(one, bench);
    if (faults.length > 0) short.push(one.id);
  }
  peer.close();
  await upstream.close();
  expect(short).toEqual(['etag', 'no-content', 'body-cut-by-close', 'slash-encoded']);
});
