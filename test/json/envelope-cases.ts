import type { FilterCase } from './filter-cases.ts';

const ENVELOPE: readonly FilterCase[] = [
  {
    name: 'members beside the items are removed and counted',
    text: '{"count":2,"value":[{"owner":"1"},{"owner":"2"}],"next":"/p2"}',
    items: '$.value[*]',
    output: '{"value":[{"owner":"1"}]}',
    counts: { kept: 1, hidden: 1, removedMembers: 2 },
  },
  {
    name: 'members that are kept pass as they are',
    text: '{ "a" : 1 , "next" :\n"\\u002Fp2" , "b":[],\t"value":[ {"owner":"2"} ] , "c":{}, "total" : 1.0 }',
    items: '$.value[*]',
    keep: ['$.next', '$.total'],
    output: '{ "next" :\n"\\u002Fp2",\t"value":[], "total" : 1.0 }',
    counts: { removedMembers: 3 },
  },
  {
    name: 'a kept member may be of any kind and depth',
    text: '{"k":{"value":[1,{"k":[ ]}],"k":0},"value":[]}',
    items: '$.value[*]',
    keep: ['$.k'],
    output: '{"k":{"value":[1,{"k":[ ]}],"k":0},"value":[]}',
  },
  {
    name: 'removed members are not looked into',
    text: '{"x":{"value":[{"owner":"1"}],"value":2},"value":[{"owner":"1"}]}',
    items: '$.value[*]',
    output: '{"value":[{"owner":"1"}]}',
  },
  {
    name: 'an item may be a member',
    text: '{"x":0, "data" : {"owner":"1"} }',
    items: '$.data',
    output: '{ "data" : {"owner":"1"} }'.replace('{ ', '{'),
  },
  {
    name: 'an item that is a member goes with its key',
    text: '{"a":1,"data":{"owner":"2"} }',
    items: '$.data',
    keep: ['$.a'],
    output: '{"a":1 }',
    counts: { hidden: 1 },
  },
  {
    name: 'a member that would be an item may be missing',
    text: '{"a":1}',
    items: '$.data',
    output: '{}',
    counts: { hidden: 0, removedMembers: 1 },
  },
  ...[
    ['the root is an array where the selector has an object', '$.value[*]', '[]'],
    ['the root is an object where the selector has an array', '$[*]', '{}'],
    ['the root is a string', '$[*]', '"1"'],
    ['the root is a number', '$.value[*]', '1'],
    ['a container on the path is missing', '$.value[*]', '{"x":[]}'],
    ['a container on the path is null', '$.value[*]', '{"value":null}'],
    ['a container on the path is of another kind', '$.value[*]', '{"value":{"owner":"1"}}'],
    ['a container on the path stands twice', '$.value[*]', '{"value":[],"value":[]}'],
    ['a container on the path is spelled with an escape', '$.value[*]', '{"val\\u0075e":[]}'],
    ['it stands twice, once with an escape', '$.value[*]', '{"value":[],"val\\u0075e":[]}'],
    ['an element of an outer array is of another kind', '$[*].s[*]', '[{"s":[]},[]]'],
    ['an element of an outer array is null', '$[*][*]', '[[],null]'],
    ['one element of an outer array lacks the container', '$[*].s[*]', '[{"s":[]},{"x":1}]'],
    ['a member that would be an item stands twice', '$.data', '{"data":{"owner":"1"},"data":1}'],
    ['a wildcard meets an object', '$[*][*]', '[{"a":{"owner":"1"}}]'],
  ].map(([how, items, text]) => ({
    name: `the text is refused if ${how}`,
    text: text ?? '',
    items: items ?? '',
    fault: 'structure',
  })),
  {
    name: 'the text is refused if a kept member stands twice',
    text: '{"next":1,"value":[],"next":2}',
    items: '$.value[*]',
    keep: ['$.next'],
    fault: 'structure',
  },
  {
    name: 'the text is refused if a kept member is spelled with an escape',
    text: '{"value":[],"\\u006eext":2}',
    items: '$.value[*]',
    keep: ['$.next'],
    fault: 'structure',
  },
  {
    name: 'a removed member may be spelled with escapes and stand twice',
    text: '{"\\u0078":1,"x":2,"x":3,"\\ud800":4,"value":[]}',
    items: '$.value[*]',
    output: '{"value":[]}',
    counts: { removedMembers: 4 },
  },
];

const NESTED =
  '[ {"d":"x", "s":[ {"id":7,"q":[ {"owner":"2"},{"owner":"1"} ]}, {"id":8,"q":[{"owner":"2"}]} ], "z":1},' +
  '\n{"d":"y","s":[ {"id":9, "q":[ ]} ] } ]';
const NESTED_KEEP = ['$[*].d', '$[*].s[*].id'];

const PRUNE: readonly FilterCase[] = [
  {
    name: 'parents of hidden items stay, with empty arrays',
    text: NESTED,
    items: '$[*].s[*].q[*]',
    keep: NESTED_KEEP,
    output:
      '[ {"d":"x", "s":[ {"id":7,"q":[ {"owner":"1"} ]}, {"id":8,"q":[]} ]},\n{"d":"y","s":[ {"id":9, "q":[]} ] } ]',
    counts: { kept: 1, hidden: 2, removedMembers: 1 },
  },
  {
    name: 'pruned, elements of outer arrays without a kept item go whole',
    text: NESTED,
    items: '$[*].s[*].q[*]',
    keep: NESTED_KEEP,
    prune: true,
    output: '[ {"d":"x", "s":[ {"id":7,"q":[ {"owner":"1"} ]} ]} ]',
  },
  {
    name: 'pruned, the root stays though nothing is kept',
    text: NESTED,
    items: '$[*].s[*].q[*]',
    keep: NESTED_KEEP,
    prune: true,
    visible: [],
    output: '[]',
  },
  {
    name: 'pruned, the containers that are in no outer array stay',
    text: '{"next":1,"a":{"value":[{"owner":"2"}]}}',
    items: '$.a.value[*]',
    keep: ['$.next'],
    prune: true,
    visible: [],
    output: '{"next":1,"a":{"value":[]}}',
  },
  {
    name: 'pruned, the first element that stays takes the whitespace after the bracket',
    text: '[ [ {"owner":"2"} ],\n[],\t[\n{"owner":"1"}],  [{"owner":"1"} ],[{"owner":"2"}]\n]',
    items: '$[*][*]',
    prune: true,
    output: '[ [\n{"owner":"1"}],  [{"owner":"1"} ]\n]',
  },
  {
    name: 'pruned, kept members come back with a later item of the same element',
    text: '[{"k":1,"q":[{"owner":"2"},{"owner":"1"}],"l":2},{"k":3,"q":[{"owner":"2"}],"l":4}]',
    items: '$[*].q[*]',
    keep: ['$[*].k', '$[*].l'],
    prune: true,
    output: '[{"k":1,"q":[{"owner":"1"}],"l":2}]',
  },
  {
    name: 'pruned, an item that is a member and hidden takes its parent along',
    text: '[{"k":1,"i":{"owner":"2"}},{"k":2,"i":{"owner":"1"}},{"k":3}]',
    items: '$[*].i',
    keep: ['$[*].k'],
    prune: true,
    output: '[{"k":2,"i":{"owner":"1"}}]',
  },
];

const WHOLE: readonly FilterCase[] = [
  {
    name: 'a text that is one item passes as it is',
    text: ' {"owner":"1", "x":[ ]}\n',
    items: '$',
    output: ' {"owner":"1", "x":[ ]}\n',
    counts: { kept: 1, hidden: 0 },
  },
  {
    name: 'nothing of a hidden one passes',
    text: ' {"owner":"2"}\n',
    items: '$',
    output: '',
    counts: { hidden: 1 },
  },
  { name: 'nothing of a faulty one passes', text: ' [1] ', items: '$', output: '', counts: { faulty: 1 } },
  {
    name: 'a text may be a number that decides on itself',
    text: '1',
    items: '$',
    attributes: ['@'],
    output: '1',
  },
  {
    name: 'a text may be a string that decides on itself',
    text: '"1" ',
    items: '$',
    attributes: ['@'],
    output: '"1" ',
  },
];

export const CASES = [...ENVELOPE, ...PRUNE, ...WHOLE];
