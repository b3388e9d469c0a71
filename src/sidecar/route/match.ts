import type { Route } from '../../model/route.ts';

interface Node {
  readonly literals: Map<string, Node>;
  /** The literals as a server that minds neither case nor width would compare them. */
  readonly foldedLiterals: Set<string>;
  parameter: Node | undefined;
  /** By method; empty where no path ends. */
  readonly routes: Map<string, Route>;
}

/** What a path leads to. */
export type PathMatch =
  | {
      readonly kind: 'found';
      /** By method, of the one path template that matches. */
      readonly routes: ReadonlyMap<string, Route>;
      /** What stood in the place of the parameters, from left to right. */
      readonly values: readonly string[];
    }
  /** A fixed segment but for its case, where a parameter would take it: a server that ignores case reads another path. */
  | { readonly kind: 'ambiguous' }
  | { readonly kind: 'unknown' };

/**
 * The routes by path, as OpenAPI matches them: fixed text goes before a parameter, from the left, whatever the
 * methods. Looking one up costs as many steps as the path has segments, not as there are routes.
 */
export class RouteTable {
  readonly #root = newNode();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      let node = this.#root;
      for (const segment of route.path) {
        node = segment.kind === 'parameter' ? (node.parameter ??= newNode()) : literal(node, segment.text);
      }
      node.routes.set(route.method, route);
    }
  }

  /** @param segments percent-decoded, none of them empty */
  find(segments: readonly string[]): PathMatch {
    return descend(this.#root, segments, 0, []);
  }
}

const UNKNOWN: PathMatch = { kind: 'unknown' };

function newNode(): Node {
  return { literals: new Map(), foldedLiterals: new Set(), parameter: undefined, routes: new Map() };
}

function literal(node: Node, text: string): Node {
  const known = node.literals.get(text);
  if (known !== undefined) return known;
  const added = newNode();
  node.literals.set(text, added);
  node.foldedLiterals.add(fold(text));
  return added;
}

function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

function descend(
  node: Node,
  segments: readonly string[],
  depth: number,
  values: readonly string[],
): PathMatch {
  const segment = segments[depth];
  if (segment === undefined) {
    return node.routes.size === 0 ? UNKNOWN : { kind: 'found', routes: node.routes, values };
  }
  const fixed = node.literals.get(segment);
  if (fixed !== undefined) {
    const match = descend(fixed, segments, depth + 1, values);
    if (match.kind !== 'unknown') return match;
  }
  if (node.parameter === undefined) return UNKNOWN;
  const match = descend(node.parameter, segments, depth + 1, [...values, segment]);
  const looksFixed = fixed === undefined && node.foldedLiterals.has(fold(segment));
  return looksFixed && match.kind === 'found' ? { kind: 'ambiguous' } : match;
}
