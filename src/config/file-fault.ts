/** A fault of a file that a person wrote. */
export interface FileFault {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units, as most editors count. */
  readonly column: number;
  /** What is wrong and, where it is short, what would be right. Never holds a value of the file. */
  readonly message: string;
  /** The line itself; undefined where it may hold a secret, or there is none. */
  readonly source: string | undefined;
}

const SHOWN = 120;

/** Sorts faults into their file's order, the same fault told once. */
export function inFileOrder(faults: readonly FileFault[]): readonly FileFault[] {
  const told = new Set<string>();
  return faults
    .toSorted((a, b) => a.line - b.line || a.column - b.column)
    .filter((fault) => {
      const words = `${fault.line}:${fault.column}:${fault.message}`;
      return !told.has(words) && told.add(words);
    });
}

/** `file:line:column: message`, then the line with a caret under the column; each fault ends with a newline. */
export function renderFaults(faults: readonly FileFault[]): string {
  return faults
    .map((fault) => `${fault.file}:${fault.line}:${fault.column}: ${fault.message}\n${renderSource(fault)}`)
    .join('');
}

function renderSource({ line, column, source }: FileFault): string {
  if (source === undefined || source.trim() === '') return '';
  // A file on one long line (JSON is YAML) shows only what stands around the fault.
  const start = column > SHOWN ? column - SHOWN / 2 : 0;
  const shown = source.slice(start, start + SHOWN).replace(/\p{Cc}/gu, ' ');
  const margin = `${line}`.padStart(5);
  return `${margin} | ${shown}\n${' '.repeat(margin.length)} | ${' '.repeat(column - 1 - start)}^\n`;
}
