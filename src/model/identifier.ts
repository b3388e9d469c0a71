/**
 * Whether a text may name a wholesaler, API product, API, role, main role or user: 1 to 64 ASCII letters, digits,
 * dots, underscores and hyphens, beginning with a letter or digit. None of them needs quoting in a path, a record's
 * key or a field's name.
 */
export function isIdentifier(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}

/** Whether a text may name an attribute of items: a letter, then letters, digits and underscores, so that Rego reads it as `attributes.owner`. */
export function isAttributeName(text: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(text);
}

/** The attribute that says whose an item is. An item without one, or with '' there, is visible to nobody. */
export const OWNER = 'owner';
