/** One step down a JSON text: a member by its name, or every element of an array. */
export type Step = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'wildcard' };

/** A parsed JSONPath of names and wildcards; no step at all is the root (`$`) or the item itself (`@`). */
export type Selector = readonly Step[];
