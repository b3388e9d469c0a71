import { OWNER } from '../model/identifier.ts';
import { templatesOverlap } from '../model/path-template.ts';
import type { Selector } from '../model/selector.ts';
import { nearest, suggestion } from './did-you-mean.ts';
import { elements, isMapping, member, read } from './raw-value.ts';
import { BodySelector, ItemSelector, isSafe, type Match, MatchLine } from './route-formats.ts';
import { type Report, reportRepeated, subscriptionKey } from './rules.ts';
import type { YamlPath } from './yaml-file.ts';

/**
 * What the parts of each route must be to each other, to the rest of the file and to other routes.
 * @param lineOf where the value at a path stands
 */
export function checkRoutes(file: unknown, report: Report, lineOf: (path: YamlPath) => number): void {
  const matches: { path: YamlPath; match: Match }[] = [];
  for (const [index, route] of elements(member(file, 'routes')).entries()) {
    const path = ['routes', index];
    const match = read(MatchLine, member(route, 'match'));
    checkUpstream(file, route, path, report);
    checkBearer(file, route, path, report);
    checkQuery(file, route, path, report);
    checkRequest(route, match, path, report);
    checkResponse(member(route, 'response'), [...path, 'response'], report);
    const origins = elements(member(route, 'cors', 'origins'));
    reportRepeated(origins, [...path, 'cors', 'origins'], report);
    if (match === undefined) continue;
    const other = matches.find((earlier) => alike(earlier.match, match));
    if (other === undefined) matches.push({ path: [...path, 'match'], match });
    else report([...path, 'match'], `takes the same requests as the route on line ${lineOf(other.path)}`);
  }
}

function alike(a: Match, b: Match): boolean {
  return a.method === b.method && templatesOverlap(a.path, b.path);
}

function checkUpstream(file: unknown, route: unknown, path: YamlPath, report: Report): void {
  const upstreams = member(file, 'upstreams');
  if (isMapping(upstreams)) checkName(member(route, 'upstream'), upstreams, [...path, 'upstream'], report);
}

function checkBearer(file: unknown, route: unknown, path: YamlPath, report: Report): void {
  const issuers = member(file, 'tokenIssuers') ?? {};
  if (isMapping(issuers)) checkName(member(route, 'bearer'), issuers, [...path, 'bearer'], report);
}

/** What is named must be among what there is. */
function checkName(name: unknown, known: object, path: YamlPath, report: Report): void {
  if (typeof name !== 'string' || Object.hasOwn(known, name)) return;
  const noun = path.at(-1) === 'bearer' ? 'token issuer' : 'upstream';
  report(path, `there is no such ${noun}${suggestion(name, Object.keys(known))}`);
}

function checkQuery(file: unknown, route: unknown, path: YamlPath, report: Report): void {
  const names = elements(member(route, 'query'));
  reportRepeated(names, [...path, 'query'], report);
  // Upstreams there are that take names in any case, so the key must not pass in any.
  const key = subscriptionKey(file).query.toLowerCase();
  for (const [index, name] of names.entries())
    if (typeof name === 'string' && name.toLowerCase() === key)
      report([...path, 'query', index], 'the subscription key is never passed on');
}

function checkRequest(route: unknown, match: Match | undefined, path: YamlPath, report: Report): void {
  const request = member(route, 'request');
  if (request === undefined) {
    if (match !== undefined && !isSafe(match.method))
      report(
        [...path, 'request'],
        `missing: ${match.method} writes; say what its body must hold, or unchecked`,
      );
    return;
  }
  if (match !== undefined && isSafe(match.method))
    report([...path, 'request'], `${match.method} only reads: leave it out`, { key: true });
  checkSelection(request, [...path, 'request'], report);
  const parameter = typeof request === 'string' ? /^\{(.+)\}$/.exec(request)?.[1] : undefined;
  const named = match?.path.some((segment) => segment.kind === 'parameter' && segment.name === parameter);
  if (parameter !== undefined && named === false)
    report([...path, 'request'], 'the path has no such parameter');
}

function checkResponse(response: unknown, path: YamlPath, report: Report): void {
  checkSelection(response, path, report);
  const headers = elements(member(response, 'headers'));
  const names = headers.map((name) => (typeof name === 'string' ? name.toLowerCase() : name));
  reportRepeated(names, [...path, 'headers'], report);
  const items = read(BodySelector, member(response, 'items'));
  if (items === undefined) return;
  if (items.length === 0) return checkSingle(response, path, report);
  const kept = elements(member(response, 'keep')).map((selector) => read(BodySelector, selector));
  for (const [index, selector] of kept.entries()) {
    const fault = selector && keepFault(selector, items);
    if (fault !== undefined) report([...path, 'keep', index], fault);
  }
  const written = kept.map((selector) => selector && JSON.stringify(selector));
  reportRepeated(written, [...path, 'keep'], report);
}

/** With `items: $` the whole body is the item: there is no envelope and no list. */
function checkSingle(response: unknown, path: YamlPath, report: Report): void {
  const key = { key: true };
  if (elements(member(response, 'keep')).length > 0)
    report([...path, 'keep'], 'items is $, the whole body: nothing stands beside it', key);
  if (member(response, 'prune') === true)
    report([...path, 'prune'], 'items is $, the whole body: it stands in no list', key);
  if (member(response, 'whenEmpty') !== undefined)
    report([...path, 'whenEmpty'], 'items is $, the whole body: hidden, it is always 404', key);
}

function keepFault(kept: Selector, items: Selector): string | undefined {
  const last = kept.at(-1);
  if (last?.kind !== 'name') return 'a kept member is a name: $.nextLink';
  const beside = items[kept.length - 1];
  const above = kept.slice(0, -1);
  if (beside === undefined || !above.every((step, index) => sameStep(step, items[index])))
    return 'must follow items some of its way, then go one name aside';
  if (beside.kind === 'wildcard') return 'a list stands there: a kept member is one of a mapping';
  return beside.name === last.name ? 'the items are in this member: it passes by itself' : undefined;
}

function sameStep(a: Selector[number], b: Selector[number] | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** What selects items and what decides on them. */
function checkSelection(selection: unknown, path: YamlPath, report: Report): void {
  if (!isMapping(selection)) return;
  const items = read(BodySelector, member(selection, 'items'));
  if (items?.at(-1)?.kind === 'name')
    report([...path, 'items'], 'must be $ or end with [*]: items are the elements of a list');
  const attributes = member(selection, 'attributes');
  const catalog = member(selection, 'catalog');
  if (attributes === undefined && catalog === undefined)
    report(path, 'needs attributes or catalog, to decide on items by');
  if (attributes !== undefined && catalog !== undefined)
    report([...path, 'catalog'], 'only one of attributes and catalog can be given', { key: true });
  if (isMapping(attributes)) checkAttributes(attributes, [...path, 'attributes'], report);
}

function checkAttributes(attributes: object, path: YamlPath, report: Report): void {
  const entries = Object.entries(attributes).map(([name, text]) => ({
    name,
    selector: read(ItemSelector, text),
  }));
  checkOwner(
    entries.map(({ name }) => name),
    path,
    report,
  );
  for (const { name, selector } of entries) {
    const holder = entries.find((other) => isInside(selector, other.selector));
    if (holder !== undefined)
      report([...path, name], `an attribute is a text or a number: nothing can be inside ${holder.name}`);
  }
}

/** A route that named no owner would show nothing, to anybody, whatever its policy says. */
function checkOwner(names: readonly string[], path: YamlPath, report: Report): void {
  if (names.includes(OWNER)) return;
  const mistyped = names.find((name) => nearest(name, [OWNER]) !== undefined);
  if (mistyped === undefined)
    return report(path, `must name ${OWNER}: an item without one is visible to nobody`);
  const message = `an item without ${OWNER} is visible to nobody; did you mean ${OWNER}?`;
  report([...path, mistyped], message, { key: true });
}

function isInside(inner: Selector | undefined, outer: Selector | undefined): boolean {
  if (inner === undefined || outer === undefined || inner.length <= outer.length) return false;
  return outer.every((step, index) => sameStep(step, inner[index]));
}
