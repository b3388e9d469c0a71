import type { ConformanceCase } from './case.ts';
import { describeExpectation } from './describe.ts';
import type { Verdict } from './play.ts';

const WIDTHS = { id: 34, should: 56, was: 48 } as const;

/** Counts what came of the cases, and prints a line of the table for each. */
export class Report {
  readonly #print: (line: string) => void;
  #family = '';
  #held = 0;
  #short = 0;
  #leftOut = 0;

  constructor(print: (line: string) => void) {
    this.#print = print;
    this.#row(' ', 'case', 'what should be', 'what was');
  }

  add(conformanceCase: ConformanceCase, { was, faults }: Verdict): void {
    const holds = faults.length === 0;
    if (holds) this.#held += 1;
    else this.#short += 1;
    this.#enter(conformanceCase.family);
    const told = holds ? was : `${was}: ${faults.join('; ')}`;
    this.#row(holds ? '✓' : '✗', conformanceCase.id, describeExpectation(conformanceCase), told);
  }

  /** A case that could not be played, and why. */
  leaveOut(conformanceCase: ConformanceCase, reason: string): void {
    this.#leftOut += 1;
    this.#enter(conformanceCase.family);
    this.#row('-', conformanceCase.id, describeExpectation(conformanceCase), `left out: ${reason}`);
  }

  /** Prints the sum. True if no case fell short. */
  close(): boolean {
    const all = this.#held + this.#short + this.#leftOut;
    const leftOut = this.#leftOut === 0 ? '' : `, ${this.#leftOut} left out`;
    this.#print(
      `\n${all} ${all === 1 ? 'case' : 'cases'}: ${this.#held} held, ${this.#short} fell short${leftOut}`,
    );
    return this.#short === 0;
  }

  #enter(family: string): void {
    if (family === this.#family) return;
    this.#family = family;
    this.#print(`\n${family}`);
  }

  #row(mark: string, id: string, should: string, was: string): void {
    const cells = [wrap(id, WIDTHS.id), wrap(should, WIDTHS.should), wrap(was, WIDTHS.was)] as const;
    for (let line = 0; line < Math.max(...cells.map(({ length }) => length)); line++) {
      const [first = '', second = '', third = ''] = cells.map((cell) => cell[line]);
      const columns = [first.padEnd(WIDTHS.id), second.padEnd(WIDTHS.should), third];
      this.#print(`${line === 0 ? mark : ' '} ${columns.join('  ').trimEnd()}`);
    }
  }
}

/** Breaks a text at its blanks into lines of so many characters at most, where its words allow. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + word.length >= width) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  return [...lines, line];
}
