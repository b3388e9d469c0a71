/** A mistake in a policy, and where it is. */
export interface PolicyFaultAt {
  /** Path of the file, or of the folder where it is one of the whole policy. */
  readonly file: string;
  /** From 1; 0 where the fault has no place in the file. */
  readonly line: number;
  /** In characters, from 1; 0 as for the line. */
  readonly column: number;
  /** OPA's code, such as `rego_parse_error`. */
  readonly code: string;
  /** One line, or several where OPA tells what it had and what it wanted. */
  readonly message: string;
  /** The text of the line; empty if there is none. */
  readonly source: string;
}

/** `file:line:column: message`, then the line and a caret under the column. */
export function renderPolicyFault({ file, line, column, message, source }: PolicyFaultAt): string {
  const [headline, ...details] = message.split('\n');
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  const lines = [`${place}: ${headline}`];
  if (source !== '') {
    // Tabs stay tabs, so that the caret stands right however wide they are shown.
    const before = Array.from(source.trimEnd())
      .slice(0, column - 1)
      .map((character) => (character === '\t' ? '\t' : ' '));
    lines.push(`    ${source.trimEnd()}`, `    ${before.join('')}^`);
  }
  return [...lines, ...details.map((detail) => `    ${detail}`)].join('\n');
}
