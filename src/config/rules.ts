import { ListenAddress } from './addresses.ts';
import type { Address } from './config.ts';
import { KeyHeaderName } from './header-names.ts';
import { elements, isMapping, member, read } from './raw-value.ts';
import { ConfigFile } from './schema.ts';
import type { YamlPart, YamlPath } from './yaml-file.ts';

/** Tells a fault of the value at a path. */
export type Report = (path: YamlPath, message: string, part?: YamlPart) => void;

/** What a file that says nothing of them has. */
const DEFAULTS = ConfigFile.pick({ sidecar: true, admin: true, subscriptionKey: true }).parse({});

/** Reports each value that an earlier one equals. */
export function reportRepeated(values: readonly unknown[], path: YamlPath, report: Report): void {
  for (const [index, value] of values.entries())
    if (value !== undefined && values.indexOf(value) < index) report([...path, index], 'named twice');
}

/** What the parts of the file above its routes must be to each other. */
export function checkTop(file: unknown, report: Report): void {
  checkListeners(file, report);
  reportRepeated(elements(member(file, 'sidecar', 'trustedProxies')), ['sidecar', 'trustedProxies'], report);
  for (const name of ['pepper', 'signingKey'])
    reportRepeated(elements(member(file, 'secrets', name)), ['secrets', name], report);
  checkOperatorTokens(file, report);
  const upstreams = member(file, 'upstreams');
  if (!isMapping(upstreams)) return;
  if (Object.keys(upstreams).length === 0) report(['upstreams'], 'needs at least one');
  for (const name of Object.keys(upstreams))
    checkRequestHeaders(file, ['upstreams', name, 'requestHeaders'], report);
}

/** Each name and each token once, so that the audit tells who it was. */
function checkOperatorTokens(file: unknown, report: Report): void {
  const path = ['admin', 'operatorTokens'];
  const tokens = elements(member(file, ...path));
  for (const name of ['name', 'sha256']) {
    const values = tokens.map((token) => {
      const value = member(token, name);
      return typeof value === 'string' ? value.toLowerCase() : '';
    });
    for (const [index, value] of values.entries())
      if (value !== '' && values.indexOf(value) < index) report([...path, index, name], 'stands twice');
  }
}

const LISTENERS = [
  ['sidecar', 'listen'],
  ['sidecar', 'management'],
  ['admin', 'listen'],
] as const;

function checkListeners(file: unknown, report: Report): void {
  const { sidecar, admin } = DEFAULTS;
  const defaults = [sidecar.listen, sidecar.management, admin.listen];
  const taken: { name: string; address: Address }[] = [];
  for (const [index, path] of LISTENERS.entries()) {
    const written = member(file, ...path);
    const address = written === undefined ? defaults[index] : read(ListenAddress, written);
    if (address === undefined) continue;
    const other = taken.find((earlier) => collide(earlier.address, address));
    if (other !== undefined) report([...path], `the same address as ${other.name}`);
    taken.push({ name: path.join('.'), address });
  }
}

const ANY_HOST: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

function collide(a: Address, b: Address): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  return a.host === b.host || ANY_HOST.has(a.host) || ANY_HOST.has(b.host);
}

function checkRequestHeaders(file: unknown, path: readonly string[], report: Report): void {
  const names = elements(member(file, ...path)).map((name) =>
    typeof name === 'string' ? name.toLowerCase() : name,
  );
  reportRepeated(names, path, report);
  const key = subscriptionKey(file).header.toLowerCase();
  for (const [index, name] of names.entries())
    if (name === key) report([...path, index], 'the subscription key is never passed on');
}

/** Where the subscription key comes in; what is wrongly written counts as left out. */
export function subscriptionKey(file: unknown): { readonly header: string; readonly query: string } {
  const { subscriptionKey } = DEFAULTS;
  const query = member(file, 'subscriptionKey', 'query');
  return {
    header: read(KeyHeaderName, member(file, 'subscriptionKey', 'header')) ?? subscriptionKey.header,
    query: typeof query === 'string' ? query : subscriptionKey.query,
  };
}
