import { expect, test } from 'vitest';
import { Spellings } from '../../src/json/spellings.ts';

const chunk = Buffer.from('0123456789'.repeat(10));
const place = (from: number, to: number) => ({ from, to });

/** A table that has seen enough items to be worth its memory. */
function table(): Spellings {
  const spellings = new Spellings();
  for (let i = 0; i < 32; i++) spellings.remember(chunk, [place(90, 99)], { kept: false });
  return spellings;
}

test('values are found again by their bytes, wherever they stand', () => {
  const spellings = table();
  const verdict = { kept: true };
  spellings.remember(chunk, [place(0, 3), place(4, 4)], verdict);
  expect(spellings.find(chunk, [place(0, 3), place(4, 4)])).toBe(verdict);
  expect(spellings.find(chunk, [place(10, 13), place(7, 7)])).toBe(verdict);
});

test('values that only together have the same bytes are not found', () => {
  const spellings = table();
  for (let middle = 0; middle < 6; middle++) {
    const places = [place(0, middle), place(middle, 6)];
    expect(spellings.find(chunk, places)).toBeUndefined();
    spellings.remember(chunk, places, { kept: true });
  }
});

test('values that are too long are not remembered, and leave no trace', () => {
  const spellings = table();
  for (let to = 32; to < 90; to++) {
    spellings.remember(chunk, [place(0, to)], { kept: true });
    expect(spellings.find(chunk, [place(0, to)])).toBeUndefined();
  }
  for (let from = 0; from < 60; from++) {
    for (let to = from; to < 90; to++) expect(spellings.find(chunk, [place(from, to)])).toBeUndefined();
  }
});
