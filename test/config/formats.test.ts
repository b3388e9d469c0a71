import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { HttpUrl, ListenAddress, MailAddress, StoreAddress } from '../../src/config/addresses.ts';
import { Duration, Size } from '../../src/config/quantities.ts';
import { Peppers, SigningKeys } from '../../src/config/secret-formats.ts';

describe('an address to listen on', () => {
  test.each([
    ['127.0.0.1:8080', '127.0.0.1', 8080],
    ['0.0.0.0:0', '0.0.0.0', 0],
    ['[::1]:65535', '::1', 65_535],
    ['localhost:80', 'localhost', 80],
    ['a-b.c1.test:80', 'a-b.c1.test', 80],
  ])('%s is taken', (text, host, port) => {
    expect(ListenAddress.parse(text)).toEqual({ host, port });
  });

  test.each([
    '8080',
    ':8080',
    '127.0.0.1',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '127.0.0.1:080808',
    '127.0.0:8080',
    '127.0.0.256:8080',
    '::1:8080',
    '[::1]8080',
    '[::g]:8080',
    '[127.0.0.1]:8080',
    'http://127.0.0.1:8080',
    'a_b:80',
    '-a:80',
    'a b:80',
    '',
  ])('%j is refused', (text) => {
    expect(ListenAddress.safeParse(text).success).toBe(false);
  });
});

describe('an upstream’s URL', () => {
  test.each([
    ['http://127.0.0.1:8090', 'http://127.0.0.1:8090/'],
    ['https://Backend.test/', 'https://backend.test/'],
    ['http://backend.test/base/', 'http://backend.test/base'],
    ['http://[::1]:8090/a/b', 'http://[::1]:8090/a/b'],
  ])('%s is taken', (text, href) => {
    expect(HttpUrl.parse(text).href).toBe(href);
  });

  test.each([
    'backend.test',
    'http:backend.test',
    'http:/backend.test',
    'http://',
    'http:\\\\backend.test',
    ' http://backend.test',
    'http://back\nend.test',
    'ftp://backend.test',
    'http://user@backend.test',
    'http://:word@backend.test',
    'http://backend.test?',
    'http://backend.test/#',
  ])('%j is refused', (text) => {
    expect(HttpUrl.safeParse(text).success).toBe(false);
  });
});

describe('where the store is', () => {
  test.each([
    'redis://127.0.0.1',
    'redis://127.0.0.1:6379/',
    'redis://:word@127.0.0.1:6379/1',
    'rediss://user:word@redis.test:6380/15',
  ])('%s is taken', (text) => {
    const store = StoreAddress.parse(text);
    expect(store.kind === 'redis' && store.url.reveal()).toBe(text);
  });

  test.each([
    'redis://',
    'redis:127.0.0.1',
    'redis://127.0.0.1/name',
    'redis://127.0.0.1/1/2',
    'redis://127.0.0.1?db=1',
    'redis+sentinel://127.0.0.1',
    'redis+cluster://127.0.0.1',
    'sqlite:',
    'sqlite://fullmakt.db',
    'fullmakt.db',
    '',
  ])('%j is refused', (text) => {
    expect(StoreAddress.safeParse(text).success).toBe(false);
  });
});

test.each([
  ['log', true],
  ['smtp://127.0.0.1:1025', true],
  ['smtps://user:word@mail.test', true],
  ['smtp:127.0.0.1', false],
  ['smtp://', false],
  ['Log', false],
  ['http://mail.test', false],
  ['smtp://mail.test/', true],
  ['smtp://mail.test/inbox', false],
  ['smtp://mail.test?from=a@x.no', false],
  ['smtps://user@mail.test', false],
  ['smtps://:word@mail.test', false],
  ['smtps://user%40x.no:p%25ss@mail.test', true],
  ['smtps://user:100%@mail.test', false],
])('where mail goes: %s is taken: %s', (text, taken) => {
  expect(MailAddress.safeParse(text).success).toBe(taken);
});

test.each<[string, number | undefined]>([
  ['1ms', 1],
  ['500ms', 500],
  ['30s', 30_000],
  ['2m', 120_000],
  ['24h', 86_400_000],
  ['86401s', undefined],
  ['0s', undefined],
  ['1.5s', undefined],
  ['-1s', undefined],
  ['30', undefined],
  ['30S', undefined],
  ['30 s', undefined],
  ['1d', undefined],
  ['s', undefined],
  ['1e3s', undefined],
  ['1constructor', undefined],
])('a duration: %s is %s ms', (text, milliseconds) => {
  expect(Duration.safeParse(text).data).toBe(milliseconds);
});

test.each<[string | number, number | undefined]>([
  [1, 1],
  [65_536, 65_536],
  ['65536', 65_536],
  ['64KiB', 65_536],
  ['1GiB', 2 ** 30],
  ['1025MiB', undefined],
  [0, undefined],
  [-1, undefined],
  [1.5, undefined],
  ['1MB', undefined],
  ['1kib', undefined],
  ['1 MiB', undefined],
  ['0x10', undefined],
  ['', undefined],
])('a size: %j is %s bytes', (written, bytes) => {
  expect(Size.safeParse(written).data).toBe(bytes);
});

describe('a pepper', () => {
  test('is measured in bytes of UTF-8', () => {
    expect(Peppers.safeParse('é'.repeat(16)).success).toBe(true);
    expect(Peppers.safeParse('x'.repeat(31)).success).toBe(false);
  });

  test('may be neither missing nor none', () => {
    expect(Peppers.safeParse([]).success).toBe(false);
    expect(Peppers.safeParse(['x'.repeat(32), 'short']).success).toBe(false);
  });
});

describe('a signing key', () => {
  const jwk = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  const curve448 = generateKeyPairSync('ed448').privateKey.export({ format: 'jwk' });
  const { d: _, ...publicPart } = jwk;

  test('is a private Ed25519 key as a JWK, whatever else it says of itself', () => {
    const text = JSON.stringify({ ...jwk, kid: '1', alg: 'EdDSA' });
    expect(SigningKeys.parse(text).map((key) => key.reveal())).toEqual([text]);
  });

  test.each([
    ['a public key', publicPart],
    ['a key of another curve', curve448],
    ['a key said to be of another curve', { ...jwk, crv: 'X25519' }],
    ['a shortened key', { ...jwk, d: jwk.d?.slice(1) }],
    ['a set of keys', { keys: [jwk] }],
    ['a list', [jwk]],
    ['nothing', null],
  ])('is not %s', (_, key) => {
    expect(SigningKeys.safeParse(JSON.stringify(key)).success).toBe(false);
  });

  test('is JSON, and what is not is not quoted', () => {
    const result = SigningKeys.safeParse('hunter2');
    expect(result.success).toBe(false);
    expect(String(result.error)).not.toContain('hunter2');
  });
});
