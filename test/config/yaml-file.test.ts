import { describe, expect, test } from 'vitest';
import { renderFaults } from '../../src/config/file-fault.ts';
import { YamlFile, type YamlPart, type YamlPath } from '../../src/config/yaml-file.ts';

function read(text: string, secretKeys: readonly string[] = []): YamlFile {
  const yaml = YamlFile.parse('f.yaml', text, secretKeys);
  if (!(yaml instanceof YamlFile)) throw new Error(renderFaults(yaml.faults));
  return yaml;
}

function faultsOf(text: string): readonly string[] {
  return YamlFile.parse('f.yaml', text, []).faults.map(
    ({ line, column, message }) => `${line}:${column} ${message}`,
  );
}

describe('a value is found where it stands', () => {
  const yaml = read(`top: 1
map:
  plain: some text
  single: 'it''s quoted'
  double: "\\u00e5\\x41\\n\\"quoted"
  folded: "over
    lines"
  block: |
    text
  empty:
  flow: { list: [1, { two: 2 }] }
list:
- a
-
  b: c
`);

  test.each<[string, YamlPath, YamlPart, string]>([
    ['a member', ['top'], {}, '1:6'],
    ['a member’s name', ['map', 'plain'], { key: true }, '3:3'],
    ['a place in a plain text', ['map', 'plain'], { offset: 5 }, '3:15'],
    ['a place after a doubled quote', ['map', 'single'], { offset: 5 }, '4:18'],
    ['a place after escapes', ['map', 'double'], { offset: 4 }, '5:26'],
    ['the end of a quoted text', ['map', 'single'], { offset: 11 }, '4:24'],
    ['a text of several lines, whatever the place', ['map', 'folded'], { offset: 5 }, '6:11'],
    ['a block, whatever the place', ['map', 'block'], { offset: 2 }, '8:10'],
    ['a member without a value', ['map', 'empty'], {}, '10:3'],
    ['a mapping', ['map'], {}, '3:3'],
    ['a member in brackets', ['map', 'flow', 'list', 1, 'two'], {}, '11:28'],
    ['an element', ['list', 0], {}, '13:3'],
    ['a member of an element', ['list', 1, 'b'], {}, '15:6'],
    ['a missing member, at the name of what should hold it', ['map', 'flow', 'list', 'x'], {}, '11:11'],
    ['a missing member of an element, at the element', ['list', 1, 'x'], {}, '15:3'],
    ['a missing element', ['list', 7], {}, '12:1'],
    ['a missing member of the whole', ['x', 'y'], {}, '1:1'],
    ['the whole', [], {}, '1:1'],
  ])('%s', (_, path, part, place) => {
    const { line, column } = yaml.fault(path, 'here', part);
    expect(`${line}:${column}`).toBe(place);
  });

  test('a fault begins with the name that it is of', () => {
    expect(yaml.fault(['list', 1], 'is odd').message).toBe('list: is odd');
    expect(yaml.fault([], 'is odd').message).toBe('is odd');
  });
});

describe('YAML that says less than it seems to is refused', () => {
  test.each<[string, string, string[]]>([
    ['a name given twice', 'a: 1\nb: 2\na: 3\n', ['3:1 this name is given twice']],
    ['a tab', 'a:\n\tb: 1\n', ['2:1 a tab cannot indent: use spaces']],
    ['an alias', 'a: *b\n', ['1:4 aliases (*) are not taken here: write the value out']],
    ['an anchor', 'a: &b c\n', ['1:7 anchors (&) are not taken here']],
    ['a tag', 'a: !!binary aGk=\n', ['1:13 tags (!) are not taken here']],
    ['an older YAML', '%YAML 1.1\n---\na: no\n', ['1:1 directives (%) are not taken here']],
    ['two documents', 'a: 1\n---\na: 2\n', ['2:1 a file holds one document: there is a --- too many']],
    ['a name that is a list', '? [a]\n: 1\n', ['1:3 a name must be a text']],
    ['a name that would be a prototype', '__proto__: {}\n', ['1:1 no such name can be used']],
    [
      'a text in brackets that is not quoted',
      'a: { b: $[*] }\n',
      ['1:10 this cannot stand here: between brackets a text that holds [ ] { } or , must be quoted'],
    ],
    [
      'a quote left open',
      'a: "b\nc: d\n',
      ['2:5 something is missing here: a closing quote or bracket, a colon, a comma or a space'],
    ],
  ])('%s', (_, text, faults) => {
    expect(faultsOf(text)).toEqual(faults);
  });

  test('of a name given twice the last counts, and its faults are shown there', () => {
    const yaml = read('a: 1\na: 2\n');
    expect(yaml.value).toEqual({ a: 2 });
    expect(yaml.fault(['a'], 'odd')).toMatchObject({ line: 2, source: 'a: 2' });
  });

  test('a merge key is a name like others', () => {
    expect(read('<<: { a: 1 }\n').value).toEqual({ '<<': { a: 1 } });
  });

  test('no, on and 012 are not what YAML 1.1 took them for', () => {
    expect(read('[no, on, 012, 1_000]').value).toEqual(['no', 'on', 12, '1_000']);
  });

  test('one slip is told once, not at every line that it spoils', () => {
    expect(faultsOf('- a\nb: 1\nc: 2')).toEqual(['2:1 this cannot stand here']);
  });
});

describe('a line that may hold a secret is not shown', () => {
  test.each<[string, string, boolean]>([
    ['another member', 'at: 1\n', true],
    ['a member after the secret ones', 'secrets:\n  a: 1\nat: 2\n', true],
    ['a member whose name only ends so', 'at: { monkey: 1 }\n', true],
    ['a member before a secret one', 'at: 1\nkey: hunter2\n', true],
    ['a secret on its line', '{ at: 1, key: hunter2 }\n', false],
    ['a quoted name', '{ at: 1, "key" : hunter2 }\n', false],
    ['a URL with a password', 'at: http://user:hunter2@host\n', false],
  ])('%s', (_, text, expected) => {
    const yaml = read(text, ['secrets', 'key']);
    expect(yaml.fault(['at'], '').source !== undefined).toBe(expected);
  });

  test('nor is what is indented deeper below it, lists and blank lines between', () => {
    const text = 'secrets:\n  pepper:\n  - one\n\n  - two\n # a comment\n  other: x\nafter: 1\n';
    const yaml = read(text, ['secrets']);
    const lines = [['secrets'], ['secrets', 'pepper', 0], ['secrets', 'pepper', 1], ['secrets', 'other']];
    for (const path of lines) expect(yaml.fault(path, '').source).toBeUndefined();
    expect(yaml.fault(['after'], '').source).toBe('after: 1');
  });

  test('nor is it in YAML that does not parse', () => {
    const { faults } = YamlFile.parse('f.yaml', 'secrets:\n  pepper: "hunter2\n  x: \\q', ['secrets']);
    expect(faults).not.toEqual([]);
    expect(renderFaults(faults)).not.toContain('hunter2');
  });
});
