import { describe, expect, test } from 'vitest';
import { type PathSegment, parsePathTemplate, templatesOverlap } from '../../src/model/path-template.ts';

const literal = (text: string): PathSegment => ({ kind: 'literal', text });
const parameter = (name: string): PathSegment => ({ kind: 'parameter', name });

describe('a path template is read segment by segment', () => {
  test.each<[string, PathSegment[]]>([
    ['/', []],
    ['/products', [literal('products')]],
    ['/products/{productId}', [literal('products'), parameter('productId')]],
    ['/{a}/b/{c.d-e_1}', [parameter('a'), literal('b'), parameter('c.d-e_1')]],
    ["/a:b@c!$&'()*+,=~.-_", [literal("a:b@c!$&'()*+,=~.-_")]],
    ['/blåbær/.well-known', [literal('blåbær'), literal('.well-known')]],
  ])('%s', (text, template) => {
    expect(parsePathTemplate(text)).toEqual({ template });
  });
});

describe('a path that has another spelling is refused, with its offset', () => {
  test.each<[string, number]>([
    ['', 0],
    ['products', 0],
    ['//', 1],
    ['/a/', 2],
    ['/a//b', 3],
    ['/.', 1],
    ['/a/../b', 3],
    ['/a%20b', 2],
    ['/%2e%2e', 1],
    ['/a\\b', 2],
    ['/a?b', 2],
    ['/a;b', 2],
    ['/a/secret.', 3],
    ['/a/…', 3],
    ['/a/b／c', 3],
    ['/a#b', 2],
    ['/a b', 2],
    ['/a\u00A0b', 2],
    ['/a\u0000', 2],
    ['/a\uD83D', 2],
    ['/a{b}', 2],
    ['/{b}c', 1],
    ['/{', 1],
    ['/{}', 2],
    ['/{a b}', 2],
    ['/{__proto__}', 2],
    ['/{a}/{b}/{a}', 9],
  ])('%j', (text, offset) => {
    expect(parsePathTemplate(text)).toEqual({ fault: expect.any(String), offset });
  });
});

describe('two templates overlap where nothing decides between them', () => {
  test.each<[string, string, boolean]>([
    ['/a', '/a', true],
    ['/', '/', true],
    ['/a/{x}', '/a/{y}', true],
    ['/{x}/b', '/{y}/b', true],
    ['/a/{x}', '/a/b', false],
    ['/a/{x}', '/{y}/b', false],
    ['/a', '/b', false],
    ['/a', '/a/b', false],
    ['/a', '/', false],
    ['/a', '/A', false],
  ])('%s and %s: %s', (a, b, overlap) => {
    expect(templatesOverlap(read(a), read(b))).toBe(overlap);
    expect(templatesOverlap(read(b), read(a))).toBe(overlap);
  });

  function read(text: string) {
    const parsed = parsePathTemplate(text);
    if ('fault' in parsed) throw new Error(parsed.fault);
    return parsed.template;
  }
});
