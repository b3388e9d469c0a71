import type { Route } from '../../model/route.ts';
import { isRefusal } from '../refusals.ts';
import { canonicalTarget } from '../route/canonical.ts';
import { readQuery } from '../route/query.ts';

interface LinkValue {
  readonly target: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/** RFC 8288, section 3, with the token and quoted-string of RFC 9110, sections 5.6.2 and 5.6.4. */
const TARGET = /[ \t,]*<([^<>"\s]*)>/y;
const PARAMETER =
  /[ \t]*;[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]*=[ \t]*(?:([!#$%&'*+./:^_`|~0-9A-Za-z-]+)|"((?:[^"\\]|\\.)*)"))?/y;
const END = /[ \t]*(?:,|$)/y;

/** A relation type (section 3.3): a registered name or a URI. What is sent on is written in quotes. */
const RELATION = /^[A-Za-z0-9][A-Za-z0-9.:/?#&=%~_+-]*$/;

/** The request whose answer the links come with. */
export interface LinkContext {
  readonly route: Route;
  /** The request's path as the upstream saw it: the base of relative targets (RFC 3986). */
  readonly upstreamPath: string;
  /** Name of the query parameter that may hold the subscription key. */
  readonly keyParameter: string;
}

/**
 * What passes of a `Link` header: other pages of what was asked for, on the same path. A link to anything else could
 * name what the caller may not see. Relation `last` never passes: it tells how long the whole list is. A target is
 * written as a path on this server, for the upstream's own address is nobody's business; of the parameters only `rel`
 * passes. A header that does not parse passes nothing.
 * @param values the fields' values
 * @returns the field's value, or undefined where nothing is left
 */
export function passableLinks(values: string | readonly string[], context: LinkContext): string | undefined {
  const links = parseLinks(typeof values === 'string' ? values : values.join(', '));
  const passed: string[] = [];
  for (const link of links ?? []) {
    const relations = passableRelations(link);
    const target = relations && passableTarget(link.target, context);
    if (target !== undefined) passed.push(`<${target}>; rel="${relations}"`);
  }
  return passed.length === 0 ? undefined : passed.join(', ');
}

/** The target as our own front would take it; a parameter that it would refuse could tell of the whole. */
function passableTarget(
  target: string,
  { route, upstreamPath, keyParameter }: LinkContext,
): string | undefined {
  const { url } = route.upstream;
  const asked = new URL(upstreamPath, url);
  const resolved = URL.parse(target, asked.href);
  if (resolved?.origin !== url.origin || resolved.pathname !== asked.pathname) return undefined;
  const base = url.pathname.replace(/\/$/, '');
  const found = canonicalTarget(resolved.pathname.slice(base.length) + resolved.search);
  if (isRefusal(found)) return undefined;
  const query = readQuery(found.rawQuery, route.query, keyParameter);
  return isRefusal(query) ? undefined : `${found.path}${query.search}`;
}

function parseLinks(text: string): readonly LinkValue[] | undefined {
  const links: LinkValue[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  while (at < text.length) {
    const target = match(TARGET)?.[1];
    if (target === undefined) return undefined;
    const parameters: [string, string][] = [];
    for (let found = match(PARAMETER); found !== null; found = match(PARAMETER)) {
      const [, name = '', token, quoted] = found;
      parameters.push([name.toLowerCase(), token ?? quoted?.replaceAll(/\\(.)/g, '$1') ?? '']);
    }
    if (match(END) === null) return undefined;
    links.push({ target, parameters });
  }
  return links;
}

/** The relation types, or undefined where the link must not pass: `anchor` and `rev` turn it round. */
function passableRelations({ parameters }: LinkValue): string | undefined {
  const relations = parameters.filter(([name]) => name === 'rel');
  const turned = parameters.some(([name]) => name === 'anchor' || name === 'rev');
  const [relation] = relations;
  if (turned || relation === undefined || relations.length > 1) return undefined;
  const types = relation[1].split(' ').filter((type) => type !== '');
  if (types.length === 0 || types.some((type) => type.toLowerCase() === 'last' || !RELATION.test(type)))
    return undefined;
  return types.join(' ');
}
