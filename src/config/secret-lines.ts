const URL_WITH_USER = /:\/\/.*@/;

/**
 * The lines (from 1) of a YAML text that may hold a secret: those that name one of the keys and what is
 * indented deeper below them, and URLs with a user. Works on lines, not on the parsed file, so that it holds
 * for broken YAML too; where in doubt a line counts as secret.
 */
export function linesWithSecrets(text: string, keys: readonly string[]): ReadonlySet<number> {
  const secret = new Set<number>();
  const alternatives = ['(?!)', ...keys].join('|');
  const names = new RegExp(String.raw`(?<![\w-])(?:${alternatives})["']?\s*:`);
  let indentOfKey: number | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    const indent = /^(?:[ \t]|-(?=\s))*/.exec(line)?.[0].length ?? 0;
    const blank = indent === line.trimEnd().length;
    if (indentOfKey !== undefined && !blank && indent <= indentOfKey) indentOfKey = undefined;
    if (names.test(line)) indentOfKey ??= indent;
    if (indentOfKey !== undefined || URL_WITH_USER.test(line)) secret.add(index + 1);
  }
  return secret;
}
