import type { Scope } from './identity.ts';

/**
 * What a user may do with a wholesaler's data, as its owner has said. It is known by its user, wholesaler, role and
 * scope; the rest are its attributes.
 */
export interface Permission {
  readonly wholesalerId: string;
  readonly roleId: string;
  readonly scope: Scope;
  /** The main role that it came by. */
  readonly mainRoleId: string;
  readonly active: boolean;
  /** The last day on which it counts, `YYYY-MM-DD` in the configured time zone. */
  readonly endsOn: string | undefined;
  /** RFC 3339, UTC. */
  readonly changedAt: string;
}

/**
 * A scope as one text, the same for every spelling of it: attributes and values sorted, each once. Printable ASCII:
 * `distributor=20003,20004`; no restriction is ''.
 */
export function scopeText(scope: Scope): string {
  return Object.keys(scope)
    .sort()
    .map((attribute) => {
      const values = [...new Set(scope[attribute])].sort().map(encodeURIComponent);
      return `${encodeURIComponent(attribute)}=${values.join(',')}`;
    })
    .join('&');
}

/** The scope that a text by {@link scopeText} stands for, or undefined if it is no such text. */
export function parseScopeText(text: string): Scope | undefined {
  if (text === '') return {};
  const scope: Record<string, string[]> = Object.create(null);
  for (const part of text.split('&')) {
    const [attribute, values, ...rest] = part.split('=');
    if (!attribute || !values || rest.length > 0) return undefined;
    try {
      scope[decodeURIComponent(attribute)] = values.split(',').map(decodeURIComponent);
    } catch {
      return undefined;
    }
  }
  return scopeText(scope) === text ? scope : undefined;
}
