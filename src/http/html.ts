/** HTML that is safe to send: what was put into it from elsewhere is escaped. Made by {@link html} alone. */
export class Html {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** The tag of a template of HTML. Text becomes content, or the value of a quoted attribute; `Html` stays as it is. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (string | Html | readonly Html[])[]
): Html {
  const texts = values.map((value) => {
    if (typeof value === 'string') return value.replaceAll(/[&<>"']/g, (letter) => ESCAPED[letter] ?? '');
    return value instanceof Html ? value.toString() : value.join('');
  });
  return new Html(String.raw({ raw: parts }, ...texts));
}
