/** `; did you mean NAME?` for the known name nearest to a mistyped one, else which names there are. */
export function suggestion(mistyped: string, known: readonly string[]): string {
  const meant = nearest(mistyped, known);
  if (meant !== undefined) return `; did you mean ${meant}?`;
  return known.length > 0 ? ` (there is: ${known.join(', ')})` : '';
}

/** The known name that a mistyped one was most likely meant to be; undefined where none is near. */
export function nearest(mistyped: string, known: readonly string[]): string | undefined {
  return known
    .map((name) => ({ name, distance: distance(mistyped.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, distance }) => distance < name.length && distance <= Math.max(1, name.length / 3))
    .toSorted((a, b) => a.distance - b.distance)[0]?.name;
}

/** Edits between two words, a swap of neighbours counting as one (optimal string alignment). */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replaced = at(last, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const swapped =
        a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]
          ? at(beforeLast, column - 2) + 1
          : Number.POSITIVE_INFINITY;
      current.push(Math.min(replaced, swapped, at(last, column) + 1, at(current, column - 1) + 1));
    }
    beforeLast = last;
    last = current;
  }
  return at(last, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Number.POSITIVE_INFINITY;
}
