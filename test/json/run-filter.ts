import { type Fault, ItemFilter, type Selection, type Tuple } from '../../src/json/item-filter.ts';
import { parseSelector, type Selector } from '../../src/model/selector.ts';

export function selector(text: string): Selector {
  const parsed = parseSelector(text, text.startsWith('@') ? '@' : '$');
  if ('fault' in parsed) throw new Error(`${text}: ${parsed.fault}`);
  return parsed.selector;
}

export interface Passed {
  readonly output: string;
  readonly counts: ItemFilter['counts'];
}

/** The chunks of a text; each border is one to cut at, in bytes. */
export function cut(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let from = 0; from < bytes.length; from += size) chunks.push(bytes.subarray(from, from + size));
  return chunks;
}

/** Runs a whole text through a filter. The chunks' memory is overwritten once they are consumed. */
export function runFilter(
  chunks: readonly Uint8Array[],
  selection: Selection,
  visible: (tuple: Tuple) => boolean,
): Passed | Fault {
  const asked = new Set<string>();
  const filter = new ItemFilter(selection, (tuples) => {
    if (tuples.length === 0 || tuples.length > 256) throw new Error(`asked for ${tuples.length} verdicts`);
    for (const tuple of tuples) {
      const key = JSON.stringify(tuple);
      if (asked.has(key)) throw new Error(`asked twice about ${key}`);
      asked.add(key);
    }
    return tuples.map(visible);
  });
  const output: Uint8Array[] = [];
  for (const chunk of chunks) {
    const memory = new Uint8Array(chunk);
    const passed = filter.write(memory);
    if ('fault' in passed) return passed;
    output.push(...passed.map((slice) => new Uint8Array(slice)));
    memory.fill(0x7e);
  }
  const rest = filter.end();
  if ('fault' in rest) return rest;
  output.push(...rest);
  return { output: Buffer.concat(output).toString(), counts: filter.counts };
}
