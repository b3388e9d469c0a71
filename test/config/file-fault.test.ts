import { expect, test } from 'vitest';
import { type FileFault, inFileOrder, renderFaults } from '../../src/config/file-fault.ts';

const fault = (line: number, column: number, message = 'odd', source?: string): FileFault => ({
  file: 'f.yaml',
  line,
  column,
  message,
  source,
});

test('a caret stands under the column', () => {
  expect(renderFaults([fault(12, 4, 'odd', 'a: b')])).toBe('f.yaml:12:4: odd\n   12 | a: b\n      |    ^\n');
});

test('a fault without a line to show is its message alone', () => {
  expect(renderFaults([fault(1, 1), fault(2, 1, 'odd', '  ')])).toBe('f.yaml:1:1: odd\nf.yaml:2:1: odd\n');
});

test('of a long line only what stands around the column is shown', () => {
  const source = `${'x'.repeat(5000)}HERE${'y'.repeat(5000)}`;
  const [, shown = '', caret = ''] = renderFaults([fault(1, 5001, 'odd', source)]).split('\n');
  expect(shown.length).toBeLessThan(140);
  expect(shown.slice(caret.indexOf('^'))).toMatch(/^HEREy/);
});

test('what would move a terminal’s cursor is blanked out', () => {
  expect(renderFaults([fault(1, 3, 'odd', '\t\u001B[2Ja')])).toBe(
    'f.yaml:1:3: odd\n    1 |   [2Ja\n      |   ^\n',
  );
});

test('faults are told in the file’s order, each once', () => {
  const faults = [fault(2, 1), fault(1, 9), fault(1, 2), fault(1, 9), fault(1, 9, 'other')];
  expect(inFileOrder(faults).map(({ line, column, message }) => [line, column, message])).toEqual([
    [1, 2, 'odd'],
    [1, 9, 'odd'],
    [1, 9, 'other'],
    [2, 1, 'odd'],
  ]);
});
