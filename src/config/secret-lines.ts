/**
 * The lines (from 1) of a YAML text that may hold a secret: those that name one of the keys, and what is
 * indented deeper below them. Works on lines, not on the parsed file, so that it holds for broken YAML too;
 * where in doubt a line counts as secret.
 */
export function linesWithSecrets(text: string, keys: readonly string[]): ReadonlySet<number> {
  const secret = new Set<number>();
  if (keys.length === 0) return secret;
  const names = new RegExp(String.raw`(?<![\w-])(?:${keys.join('|')})["']?\s*:`);
  let indentOfKey: number | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const indent = /^(?:[ \t]|-(?=\s))*/.exec(line)?.[0].length ?? 0;
    const blank = indent === line.trimEnd().length;
    if (indentOfKey !== undefined && !blank && indent <= indentOfKey) indentOfKey = undefined;
    if (names.test(line)) indentOfKey ??= indent;
    if (indentOfKey !== undefined) secret.add(index + 1);
  }
  return secret;
}
