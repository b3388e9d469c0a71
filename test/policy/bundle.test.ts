import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBundle, readBundle } from '../../src/policy/bundle.ts';

const MIB = 1024 * 1024;
const MANIFEST = {
  revision: 'r1',
  roots: [''],
  wasm: [
    { entrypoint: 'fullmakt/request', module: '/policy.wasm' },
    { entrypoint: 'fullmakt/items', module: '/policy.wasm' },
  ],
  rego_version: 1,
};
const WASM = '\0asm';

type Entry = readonly [name: string, content: string | Uint8Array, header?: Partial<Header>];

async function tarOf(...entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const [name, content, header] of entries) archive.entry({ name, ...header }, Buffer.from(content));
  archive.finalize();
  return buffer(archive);
}

async function bundleOf(...entries: readonly Entry[]): Promise<Buffer> {
  return gzipSync(await tarOf(...entries));
}

function manifestOf(changes: object): Entry {
  return ['/.manifest', JSON.stringify({ ...MANIFEST, ...changes })];
}

const SOUND: readonly Entry[] = [
  ['/data.json', '{"a":12345678901234567890}'],
  ['/fullmakt/items.rego', 'package fullmakt'],
  ['/policy.wasm', WASM],
  manifestOf({ metadata: { fullmakt: { readsNow: false } } }),
];

describe('a bundle', () => {
  it('holds the Wasm, the data byte for byte, the revision, and whether the policy reads the time', async () => {
    expect(await parseBundle(await bundleOf(...SOUND))).toEqual({
      wasm: new TextEncoder().encode(WASM),
      data: new TextEncoder().encode('{"a":12345678901234567890}'),
      revision: 'r1',
      readsNow: false,
    });
  });

  it.each(['', '/', './'])('may name its files as %sdata.json', async (prefix) => {
    const entries = SOUND.map(([name, content]): Entry => [`${prefix}${name.slice(1)}`, content]);
    expect(await parseBundle(await bundleOf(...entries))).toMatchObject({ revision: 'r1' });
  });

  it('without data has an empty object of it', async () => {
    const bundle = await parseBundle(await bundleOf(manifestOf({}), ['/policy.wasm', WASM]));
    expect(bundle).toMatchObject({ data: new TextEncoder().encode('{}') });
  });

  it.each([
    [undefined, true],
    [{}, true],
    [{ fullmakt: {} }, true],
    [{ fullmakt: { readsNow: true } }, true],
    [{ fullmakt: { readsNow: false } }, false],
  ])('reads the time unless its manifest denies it: %j', async (metadata, readsNow) => {
    const bundle = await parseBundle(await bundleOf(manifestOf({ metadata }), ['/policy.wasm', WASM]));
    expect(bundle).toMatchObject({ readsNow });
  });
});

describe('refused is', () => {
  const wasm: Entry = ['/policy.wasm', WASM];
  const manifest = manifestOf({});

  it.each<[string, readonly Entry[], string]>([
    ['a bundle without a manifest', [wasm], 'no .manifest in it'],
    ['a bundle without Wasm', [manifest], 'no policy.wasm in it'],
    ['a manifest twice', [manifest, wasm, manifest], 'holds .manifest twice'],
    ['Wasm twice, under two spellings', [manifest, wasm, ['policy.wasm', 'x']], 'holds policy.wasm twice'],
    [
      'Wasm that is a link',
      [manifest, ['/policy.wasm', '', { type: 'symlink', linkname: '/etc/passwd' }]],
      'policy.wasm is not a plain file',
    ],
    ['data beside data.json', [manifest, wasm, ['/roles/data.json', '{}']], 'holds roles/data.json beside'],
    ['data as YAML', [manifest, wasm, ['/data.yaml', 'a: 1']], 'holds data.yaml beside'],
    ['data that is not JSON', [manifest, wasm, ['/data.json', '{']], 'data.json is not a JSON object'],
    ['data that is a list', [manifest, wasm, ['/data.json', '[]']], 'data.json is not a JSON object'],
    ['data that is null', [manifest, wasm, ['/data.json', 'null']], 'data.json is not a JSON object'],
    [
      'data that is not UTF-8',
      [manifest, wasm, ['/data.json', Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)]],
      'data.json is not a JSON object',
    ],
    [
      'data behind a byte order mark',
      [manifest, wasm, ['/data.json', '\uFEFF{}']],
      'data.json is not a JSON object',
    ],
    ['a manifest that is not JSON', [['/.manifest', 'x'], wasm], 'a faulty .manifest'],
    ['a manifest without a revision', [manifestOf({ revision: undefined }), wasm], 'revision'],
    ['a revision that is a number', [manifestOf({ revision: 1 }), wasm], 'revision'],
    ['a manifest of a bundle without Wasm', [manifestOf({ wasm: undefined }), wasm], 'wasm'],
    [
      'Wasm elsewhere',
      [manifestOf({ wasm: [{ entrypoint: 'fullmakt/items', module: '/other.wasm' }] }), wasm],
      'wasm.0.module',
    ],
    ['readsNow as text', [manifestOf({ metadata: { fullmakt: { readsNow: 'no' } } }), wasm], 'readsNow'],
  ])('%s', async (_, entries, message) => {
    expect(await parseBundle(await bundleOf(...entries))).toEqual({
      fault: expect.stringContaining(message),
    });
  });

  it('what is not gzipped', async () => {
    expect(await parseBundle(await tarOf(...SOUND))).toEqual({
      fault: expect.stringContaining('not a gzipped'),
    });
    expect(await parseBundle(new Uint8Array(0))).toEqual({ fault: expect.any(String) });
  });

  it('what is gzipped but no archive', async () => {
    expect(await parseBundle(gzipSync('x'.repeat(2_000)))).toEqual({
      fault: 'not a tar archive, or a damaged one',
    });
    expect(await parseBundle(gzipSync(''))).toEqual({ fault: 'no .manifest in it' });
  });

  it('a bundle cut anywhere', async () => {
    const archive = await tarOf(...SOUND);
    const end = archive.indexOf(JSON.stringify(MANIFEST).slice(0, 20)) + 20;
    for (let length = 1; length < end; length += 97) {
      expect(await parseBundle(gzipSync(archive.subarray(0, length)))).toHaveProperty('fault');
    }
    const packed = gzipSync(archive);
    for (let length = 0; length < packed.length; length += 13) {
      expect(await parseBundle(packed.subarray(0, length))).toHaveProperty('fault');
    }
  });

  it('what unpacks to more than 128 MiB', async () => {
    const bomb = gzipSync(Buffer.alloc(129 * MIB), { level: 1 });
    expect(await parseBundle(bomb)).toEqual({ fault: 'unpacks to more than 128 MiB' });
  });

  it('what is larger than 32 MiB', async () => {
    expect(await parseBundle(new Uint8Array(32 * MIB + 1))).toEqual({ fault: 'larger than 32 MiB' });
  });
});

describe('a bundle file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fullmakt-bundle-'));
  });
  afterAll(async () => rm(folder, { recursive: true }));

  it('is read', async () => {
    const file = join(folder, 'sound.tar.gz');
    await writeFile(file, await bundleOf(...SOUND));
    expect(await readBundle(file)).toMatchObject({ revision: 'r1' });
  });

  it('that is faulty is named', async () => {
    const file = join(folder, 'faulty.tar.gz');
    await writeFile(file, await bundleOf(['/policy.wasm', WASM]));
    expect(await readBundle(file)).toEqual({ fault: `${file}: no .manifest in it` });
  });

  it('that is missing, or a folder, cannot be read', async () => {
    const missing = join(folder, 'missing.tar.gz');
    expect(await readBundle(missing)).toEqual({
      fault: `${missing} cannot be read: no such file; make it with: fullmakt policy build -o ${missing} DIR`,
    });
    expect(await readBundle(folder)).toEqual({ fault: `${folder} cannot be read: it is a folder` });
  });
});
