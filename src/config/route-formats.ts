import type { z } from 'zod';
import { type PathTemplate, parsePathTemplate } from '../model/path-template.ts';
import { parseSelector, type Selector } from '../model/selector.ts';
import { textFormat, textPattern } from './text-format.ts';

/** A route's method and path. */
export interface Match {
  readonly written: string;
  readonly method: string;
  readonly path: PathTemplate;
}

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'OPTIONS']);
const UNSAFE_METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** RFC 9110, section 9.2.1: such a method only reads. */
export function isSafe(method: string): boolean {
  return SAFE_METHODS.has(method);
}

/** `GET /products/{productId}`. */
export const MatchLine = textFormat<Match>((text) => {
  const [, method = '', target = ''] = /^(\S+) (.+)$/.exec(text) ?? [];
  if (target === '') return { fault: 'must be a method and a path: GET /products/{productId}' };
  if (method === 'HEAD') return { fault: 'the route of GET serves HEAD too' };
  if (!isSafe(method) && !UNSAFE_METHODS.has(method))
    return { fault: 'the method must be GET, OPTIONS, POST, PUT, PATCH or DELETE' };
  const path = parsePathTemplate(target);
  if ('fault' in path) return { fault: path.fault, offset: method.length + 1 + path.offset };
  return { value: { written: text, method, path: path.template } };
});

/** A selector from the top of a body. */
export const BodySelector = selector('$');
/** A selector from an item to one value in it. */
export const ItemSelector = selector('@');

function selector(root: '$' | '@'): z.ZodType<Selector, string> {
  return textFormat<Selector>((text) => {
    const parsed = parseSelector(text, root);
    return 'selector' in parsed ? { value: parsed.selector } : parsed;
  });
}

/** What upstreams and attributes are called. */
export const Name = textPattern(
  /^[A-Za-z][A-Za-z0-9_-]*$/,
  'a name here is a letter, then letters, digits, _ or -',
);

/** What API products and APIs are called: printable, no blank at either end. */
export const Title = textPattern(
  /^[^\s\p{C}](?:[^\p{C}]*[^\s\p{C}])?$/u,
  'must be a printable text without blanks around it',
);

/** A query parameter's name, percent-decoded. */
export const QueryName = textPattern(/^[^\p{C}&=#]+$/u, 'must be the decoded name of a query parameter');

/** The origin of a web page as browsers write it (the Fetch standard's byte-serialization). */
export const Origin = textFormat((text) => {
  const url = URL.parse(text);
  const fits = url !== null && /^https?:$/.test(url.protocol) && url.origin === text;
  return fits ? { value: text } : { fault: 'must be an origin as browsers write it: https://app.example' };
});
