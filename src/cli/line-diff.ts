/** Lines around a change that stay the same. */
const CONTEXT = 2;

/**
 * The lines that tell two texts apart, by their longest common subsequence.
 *
 * @returns lines that begin with `- `, `+ ` or two spaces, changes that are far apart divided by a line `...`
 */
export function lineDiff(before: string, after: string): string[] {
  const lines = markedLines(before.split('\n'), after.split('\n'));
  const changes = lines.flatMap((line, index) => (line.startsWith('  ') ? [] : [index]));
  const shown = lines.flatMap((_, index) =>
    changes.some((change) => Math.abs(change - index) <= CONTEXT) ? [index] : [],
  );
  return shown.flatMap((index, nth) => {
    const line = lines[index] ?? '';
    return nth > 0 && shown[nth - 1] !== index - 1 ? ['...', line] : [line];
  });
}

function markedLines(before: readonly string[], after: readonly string[]): string[] {
  const common = commonLengths(before, after);
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  const lines: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      lines.push(`  ${before[i]}`);
      i += 1;
      j += 1;
    } else if (j >= after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1))) {
      lines.push(`- ${before[i]}`);
      i += 1;
    } else {
      lines.push(`+ ${after[j]}`);
      j += 1;
    }
  }
  return lines;
}

/** [i][j] is the length of the longest common subsequence of `before` from line i on and `after` from line j on. */
function commonLengths(before: readonly string[], after: readonly string[]): number[][] {
  const lengths = Array.from({ length: before.length + 1 }, () =>
    Array.from({ length: after.length + 1 }, () => 0),
  );
  for (let i = before.length - 1; i >= 0; i -= 1) {
    const [row, below] = [lengths[i] ?? [], lengths[i + 1] ?? []];
    for (let j = after.length - 1; j >= 0; j -= 1) {
      row[j] = before[i] === after[j] ? 1 + (below[j + 1] ?? 0) : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return lengths;
}
