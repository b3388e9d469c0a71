import type { FilterCase } from './filter-cases.ts';

const ITEM = '{"owner":"1","x":"0123456789"}';
const BIG = '{"owner":"1","x":"0123456789a"}';
const MOST = ITEM.length;
const PADDING = ' '.repeat(MOST);

/** What is held is bounded by the size of an item. */
export const CASES: readonly FilterCase[] = [
  {
    name: 'an item of the largest size passes, one byte more is hidden',
    text: `[\n  ${ITEM},\n  ${BIG},\n  ${ITEM}\n]`,
    maxItemBytes: MOST,
    output: `[\n  ${ITEM},\n  ${ITEM}\n]`,
    counts: { kept: 2, hidden: 1, faulty: 1 },
  },
  {
    name: 'an item that is too large is still read strictly',
    text: `[${BIG.replace('}', ',}')}]`,
    maxItemBytes: 4,
    fault: 'syntax',
  },
  {
    name: 'a first item that is too large leaves its whitespace to the next',
    text: `[ \n${BIG},${ITEM}]`,
    maxItemBytes: MOST,
    output: `[ \n${ITEM}]`,
  },
  {
    name: 'a text that is one item and too large is hidden',
    text: BIG,
    items: '$',
    maxItemBytes: MOST,
    output: '',
    counts: { hidden: 1, faulty: 1 },
  },
  {
    name: 'whitespace before the text is not held',
    text: `${PADDING}${PADDING}[${ITEM}]`,
    maxItemBytes: MOST,
    output: `${PADDING}${PADDING}[${ITEM}]`,
  },
  {
    name: 'whitespace that is held is bounded before an item',
    text: `[${PADDING} ${ITEM}]`,
    maxItemBytes: MOST,
    fault: 'too_large',
  },
  {
    name: 'whitespace as large as an item may stand before one',
    text: `[${PADDING}${ITEM}]`,
    maxItemBytes: MOST,
    output: `[${PADDING}${ITEM}]`,
  },
  {
    name: 'whitespace that is held is bounded before a comma',
    text: `[${ITEM}${PADDING} ,${ITEM}]`,
    maxItemBytes: MOST,
    fault: 'too_large',
  },
  {
    name: 'whitespace that is held is bounded before a closing bracket',
    text: `[${ITEM}${PADDING} ]`,
    maxItemBytes: MOST,
    fault: 'too_large',
  },
  {
    name: 'whitespace that is held is bounded after the text',
    text: `[${ITEM}]${PADDING} `,
    maxItemBytes: MOST,
    fault: 'too_large',
  },
  {
    name: 'whitespace as large as an item may stand after the text',
    text: `[${ITEM}]${PADDING}`,
    maxItemBytes: MOST,
    output: `[${ITEM}]${PADDING}`,
  },
  {
    name: 'a key beside the path is bounded',
    text: `{"${PADDING}":1,"value":[]}`,
    items: '$.value[*]',
    maxItemBytes: MOST,
    fault: 'too_large',
  },
  {
    name: 'a removed member is not bounded',
    text: `{"x":"${PADDING}${PADDING}","value":[${ITEM}]}`,
    items: '$.value[*]',
    maxItemBytes: MOST,
    output: `{"value":[${ITEM}]}`,
  },
  {
    name: 'a kept member that can leave at once is not bounded',
    text: `{"k":["${PADDING}","${PADDING}"],"value":[${ITEM}]}`,
    items: '$.value[*]',
    keep: ['$.k'],
    maxItemBytes: MOST,
    output: `{"k":["${PADDING}","${PADDING}"],"value":[${ITEM}]}`,
  },
  {
    name: 'pruned, the beginnings that wait for a kept item are bounded',
    text: `[{"k":"${PADDING}","q":[${ITEM}]}]`,
    items: '$[*].q[*]',
    keep: ['$[*].k'],
    prune: true,
    maxItemBytes: MOST,
    fault: 'too_large',
  },
  {
    name: 'pruned, what follows a kept item does not wait',
    text: `[{"q":[${ITEM}],"k":"${PADDING}"}]`,
    items: '$[*].q[*]',
    keep: ['$[*].k'],
    prune: true,
    maxItemBytes: MOST,
    output: `[{"q":[${ITEM}],"k":"${PADDING}"}]`,
  },
  {
    name: 'pruned, beginnings that are gone make room again',
    text: `[${'{"k":"0123456789","q":[]},'.repeat(9)}{"k":"0123456789","q":[${ITEM}]}]`,
    items: '$[*].q[*]',
    keep: ['$[*].k'],
    prune: true,
    maxItemBytes: MOST,
    output: `[{"k":"0123456789","q":[${ITEM}]}]`,
  },
  {
    name: 'whitespace that was held for an array makes room again when the array is closed',
    text: `[${'[ 2],'.repeat(50)}[ 1]]`,
    items: '$[*][*]',
    attributes: ['@'],
    maxItemBytes: MOST,
    output: `[${'[],'.repeat(50)}[ 1]]`,
  },
];
