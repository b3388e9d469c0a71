import type { Route } from '../../model/route.ts';
import { type Refusal, refuse } from '../refusals.ts';

/** A query that can be read in one way only. */
export interface Query {
  /** Decoded, in order, without the subscription key. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
  /** As it goes upstream: `?a=1&b=2`, or ''. */
  readonly search: string;
  /** The subscription key, if one was there. */
  readonly key: string | undefined;
}

const EMPTY: Query = { parameters: [], search: '', key: undefined };

/**
 * Reads a query as HTML forms write it (`&` between, `+` for a space), which is how nearly every server does.
 *
 * On a route that lists its parameters each may come once, and what goes upstream is spelled anew from what was
 * read. On an unchecked route any may come, as often and as it likes, and goes as it came; the subscription key is
 * taken out all the same.
 *
 * @param raw what follows the `?`
 * @param allowed the route's `query`
 * @param keyName of the parameter that may hold the subscription key
 */
export function readQuery(raw: string, allowed: Route['query'], keyName: string): Query | Refusal {
  if (raw === '') return EMPTY;
  const parameters: (readonly [string, string])[] = [];
  const spelled: string[] = [];
  const seen = new Set<string>();
  let key: string | undefined;
  for (const written of raw.split('&')) {
    if (written === '') continue;
    const parameter = decodeParameter(written);
    if (parameter === undefined)
      return ambiguous('It must be percent-encoded UTF-8 without control characters.');
    const [name, value] = parameter;
    if (name === keyName) {
      if (key !== undefined)
        return refuse('key_ambiguous', 'The query holds more than one subscription key.');
      key = value;
      continue;
    }
    const refusal =
      checkName(name, keyName) ?? (allowed === 'unchecked' ? undefined : check(written, name, allowed, seen));
    if (refusal !== undefined) return refusal;
    seen.add(name);
    parameters.push(parameter);
    spelled.push(allowed === 'unchecked' ? written : spell(written, name, value));
  }
  return { parameters, search: spelled.length === 0 ? '' : `?${spelled.join('&')}`, key };
}

function ambiguous(sentence: string): Refusal {
  return refuse('query_ambiguous', `The query can be read in more than one way. ${sentence}`);
}

function decodeParameter(written: string): readonly [name: string, value: string] | undefined {
  const equals = written.indexOf('=');
  const name = decodeText(equals === -1 ? written : written.slice(0, equals));
  const value = equals === -1 ? '' : decodeText(written.slice(equals + 1));
  return name === undefined || value === undefined ? undefined : [name, value];
}

function decodeText(raw: string): string | undefined {
  try {
    const text = decodeURIComponent(raw.replaceAll('+', ' '));
    return /\p{Cc}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** What holds for unchecked queries too. */
function checkName(name: string, keyName: string): Refusal | undefined {
  const lower = name.toLowerCase();
  // A server that ignores case would be given the key, and log it.
  if (lower === keyName.toLowerCase()) return ambiguous(`The key’s parameter is spelled ${keyName}.`);
  if (lower === '_method') return refuse('method_override', 'The query may not name another method.');
  return undefined;
}

function check(
  written: string,
  name: string,
  allowed: readonly string[],
  seen: ReadonlySet<string>,
): Refusal | undefined {
  if (written.includes(';'))
    return ambiguous('A semicolon must be percent-encoded: some servers end a parameter there.');
  if (!allowed.includes(name)) {
    const names =
      allowed.length === 0 ? 'no query parameters' : `these query parameters only: ${allowed.join(', ')}`;
    return refuse('query_unknown', `The route takes ${names}.`);
  }
  return seen.has(name) ? ambiguous('Each parameter may come once.') : undefined;
}

function spell(written: string, name: string, value: string): string {
  return written.includes('=') ? `${spellText(name)}=${spellText(value)}` : spellText(name);
}

/** Percent-encodes what separates parameters or is read as something else somewhere; the rest stays legible. */
function spellText(text: string): string {
  return encodeURIComponent(text).replaceAll(/%(?:24|2C|2F|3A|40)/g, decodeURIComponent);
}
