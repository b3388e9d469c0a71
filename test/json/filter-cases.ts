import type { Counts } from '../../src/json/splice.ts';

/** What a filter does with one text, however it is cut. */
export interface FilterCase {
  /** The claim. */
  readonly name: string;
  readonly text: string | Uint8Array;
  /** `$[*]` if not said. */
  readonly items?: string;
  /** `@.owner` if not said. */
  readonly attributes?: readonly string[];
  readonly keep?: readonly string[];
  readonly prune?: boolean;
  readonly maxItemBytes?: number;
  /** The tuples that are visible, each joined by `/`; `1` if not said. */
  readonly visible?: readonly string[];
  /** What goes out, or the fault. */
  readonly output?: string;
  readonly fault?: string;
  readonly counts?: Partial<Counts>;
}

const LIST: readonly FilterCase[] = [
  {
    name: 'an item that is not visible is removed with its comma',
    text: '[{"owner":"1"},{"owner":"2"},{"owner":"1","n":2}]',
    output: '[{"owner":"1"},{"owner":"1","n":2}]',
    counts: { kept: 2, hidden: 1, faulty: 0 },
  },
  { name: 'a list with nothing in it stays', text: '[]', output: '[]', counts: { kept: 0, hidden: 0 } },
  { name: 'a list with nothing kept is empty', text: ' [ {"owner":"2"} ] ', output: ' [] ' },
  { name: 'an empty list loses the whitespace in it', text: '[ \n ]', output: '[]' },
  {
    name: 'everything kept is the text itself',
    text: '\n[ {"owner" : "1"},\n\t{"owner":"1", "price":0.700, "name":"Château d\'Été < 3 \\u00e9\\/"}\r\n]\n',
    output:
      '\n[ {"owner" : "1"},\n\t{"owner":"1", "price":0.700, "name":"Château d\'Été < 3 \\u00e9\\/"}\r\n]\n',
  },
  {
    name: 'the first kept item takes the whitespace after the bracket, later ones their own',
    text: '[ {"owner":"2"},\n {"owner":"1","n":1},\n\n\n {"owner":"2"},\t{"owner":"1","n":2}\r\n]',
    output: '[ {"owner":"1","n":1},\t{"owner":"1","n":2}\r\n]',
  },
  {
    name: 'whitespace before a comma goes',
    text: '[{"owner":"1"} \n , {"owner":"1"}\t]',
    output: '[{"owner":"1"}, {"owner":"1"}\t]',
  },
  {
    name: 'items that are alike are each decided',
    text: '[{"owner":"1"},{"owner":"1"},{"owner":"3"},{"owner":"3"}]',
    output: '[{"owner":"1"},{"owner":"1"}]',
    counts: { kept: 2, hidden: 2 },
  },
  {
    name: 'an item whose tuple has the same characters in other places is another',
    text: '[{"a":"1","b":"23"},{"a":"12","b":"3"},{"a":"","b":"123"},{"a":"2:1","b":""}]',
    attributes: ['@.a', '@.b'],
    visible: ['12/3'],
    output: '[{"a":"12","b":"3"}]',
  },
  {
    name: 'a list without attributes is decided once',
    text: '[1,"two",{"three":3},null]',
    attributes: [],
    visible: [''],
    output: '[1,"two",{"three":3},null]',
    counts: { kept: 4 },
  },
  {
    name: 'items may be what decides on them',
    text: '["1","2",1,-1,1.0,"\\u0031",null,["1"],{"owner":"1"}]',
    attributes: ['@'],
    output: '["1",1,"\\u0031"]',
    counts: { kept: 3, hidden: 6, faulty: 4 },
  },
  {
    name: 'a value under an unrelated object does not decide',
    text: '[{"x":{"owner":"1"},"owner":"2"},{"x":{"owner":"2"},"owner":"1"}]',
    output: '[{"x":{"owner":"2"},"owner":"1"}]',
  },
  {
    name: 'a key that begins or ends like the attribute is another',
    text: '[{"owner2":"1","owne":"1","Owner":"1","owner":"2"}]',
    output: '[]',
    counts: { faulty: 0 },
  },
];

const ATTRIBUTES: readonly FilterCase[] = [
  ...[
    ['is missing', '{"x":1}'],
    ['is null', '{"owner":null}'],
    ['is a boolean', '{"owner":true}'],
    ['is a number with a fraction', '{"owner":1.0}'],
    ['is a number with an exponent', '{"owner":1e0}'],
    ['is an array', '{"owner":["1"]}'],
    ['is an object', '{"owner":{"owner":"1"}}'],
    ['is spelled twice', '{"owner":"1","owner":"1"}'],
    ['is spelled twice, once with an escape', '{"owner":"1","\\u006fwner":"2"}'],
    ['is spelled with an escape', '{"own\\u0065r":"1"}'],
    ['holds half of a surrogate pair', '{"owner":"1\\ud800"}'],
    ['holds the halves of a surrogate pair in the wrong order', '{"owner":"\\udc00\\ud800"}'],
  ].map(([how, item]) => ({
    name: `an item whose attribute ${how} is hidden and counted as faulty`,
    text: `[${item},{"owner":"1"}]`,
    output: '[{"owner":"1"}]',
    counts: { kept: 1, hidden: 1, faulty: 1 },
  })),
  {
    name: 'an item that is no object is hidden and counted as faulty',
    text: '[null,true,"1",1,["1"],{"owner":"1"}]',
    output: '[{"owner":"1"}]',
    counts: { kept: 1, hidden: 5, faulty: 5 },
  },
  {
    name: 'an object on the way to an attribute that is something else makes the item faulty',
    text: '[{"a":"1"},{"a":[{"b":"1"}]},{"a":null},{"a":{"b":"1"}}]',
    attributes: ['@.a.b'],
    output: '[{"a":{"b":"1"}}]',
    counts: { hidden: 3, faulty: 3 },
  },
  {
    name: 'an object on the way to an attribute that stands twice makes the item faulty',
    text: '[{"a":{"b":"1"},"a":{}},{"a":{},"a":{"b":"1"}},{"a":{"b":"1"},"\\u0061":0}]',
    attributes: ['@.a.b'],
    output: '[]',
    counts: { hidden: 3, faulty: 3 },
  },
  {
    name: 'one of two attributes at fault hides the item',
    text: '[{"a":"1","b":"2"},{"a":"1"},{"b":"2"},{"a":"1","b":[]}]',
    attributes: ['@.a', '@.b'],
    visible: ['1/2'],
    output: '[{"a":"1","b":"2"}]',
    counts: { kept: 1, faulty: 3 },
  },
  {
    name: 'attributes may share the way to them, and be the same',
    text: '[{"l":{"w":"1","v":"2"}},{"l":{"v":"1","w":"2"}}]',
    attributes: ['@.l.w', '@.l.v', '@.l.w'],
    visible: ['1/2/1'],
    output: '[{"l":{"w":"1","v":"2"}}]',
  },
  {
    name: 'a value that would have to be a string and an object is never found',
    text: '[{"a":"1"},{"a":{"b":"1"}}]',
    attributes: ['@.a', '@.a.b'],
    visible: ['1/1'],
    output: '[]',
    counts: { faulty: 2 },
  },
  {
    name: 'an integer is its decimal text',
    text: '[{"owner":1},{"owner":-0},{"owner":10000000000000000000001},{"owner":0}]',
    visible: ['1', '-0', '10000000000000000000001'],
    output: '[{"owner":1},{"owner":-0},{"owner":10000000000000000000001}]',
    counts: { faulty: 0 },
  },
  {
    name: 'the escapes of a value are decoded',
    text: '[{"owner":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00é😀"}]',
    visible: ['"\\/\b\f\n\r\té😀é😀'],
    output: '[{"owner":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83D\\ude00é😀"}]',
  },
  {
    name: 'a byte order mark in a value is a character of it',
    text: '[{"owner":"\uFEFF1"},{"owner":"1"}]',
    visible: ['\uFEFF1'],
    output: '[{"owner":"\uFEFF1"}]',
  },
  {
    name: 'names may hold any character that needs no escape',
    text: '[{"ø l":{"":"1"}},{"ø l":{"":"2"}}]',
    attributes: ["@['ø l']['']"],
    output: '[{"ø l":{"":"1"}}]',
  },
  {
    name: 'what comes after a fault of an item is read all the same',
    text: '[{"owner":[{"owner":"1"}],"x":{"owner":"1"}},{"owner":"1"}]',
    output: '[{"owner":"1"}]',
  },
];

export const CASES = [...LIST, ...ATTRIBUTES];
