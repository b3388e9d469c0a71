import { HttpUrl } from './addresses.ts';
import { isMapping, member, read } from './raw-value.ts';
import type { Report } from './rules.ts';
import { readAuthorities, readKeyPair } from './tls-files.ts';
import type { YamlPath } from './yaml-file.ts';

/** The program whose files are looked into; `all` of them. */
export type Part = 'sidecar' | 'admin' | 'all';

/** What the `tls` of each upstream must be to its address, and its parts to each other. */
export function checkTls(file: unknown, report: Report): void {
  const upstreams = member(file, 'upstreams');
  if (!isMapping(upstreams)) return;
  for (const [name, upstream] of Object.entries(upstreams)) {
    const tls = member(upstream, 'tls');
    if (!isMapping(tls)) continue;
    const path = ['upstreams', name, 'tls'];
    if (read(HttpUrl, member(upstream, 'url'))?.protocol === 'http:')
      report(path, 'the upstream’s URL is http: there is no TLS', { key: true });
    if (Object.keys(tls).length === 0) report(path, 'needs ca, or certificate and key');
    if ((tls['certificate'] === undefined) !== (tls['key'] === undefined))
      report(path, 'a certificate and its key go together');
  }
}

/**
 * Looks whether the files that TLS needs can be used.
 * @param resolvePath from a path as it was written to an absolute one
 */
export function checkTlsFiles(
  file: unknown,
  part: Part,
  report: Report,
  resolvePath: (written: string) => string,
): void {
  const check = (path: YamlPath, tls: unknown): void => {
    const fileOf = (name: string): string | undefined => {
      const written = member(tls, name);
      return typeof written === 'string' && written !== '' ? resolvePath(written) : undefined;
    };
    const certificate = fileOf('certificate');
    const key = fileOf('key');
    if (certificate !== undefined && key !== undefined) {
      const pair = readKeyPair({ certificate, key });
      if ('fault' in pair) report([...path, pair.part], pair.fault);
    }
    for (const name of ['ca', 'clientCa']) {
      const authorities = fileOf(name);
      const read = authorities === undefined ? undefined : readAuthorities(authorities);
      if (read !== undefined && 'fault' in read) report([...path, name], read.fault);
    }
  };
  if (part !== 'sidecar') check(['admin', 'tls'], member(file, 'admin', 'tls'));
  if (part === 'admin') return;
  check(['sidecar', 'tls'], member(file, 'sidecar', 'tls'));
  const upstreams = member(file, 'upstreams');
  if (!isMapping(upstreams)) return;
  for (const [name, upstream] of Object.entries(upstreams))
    check(['upstreams', name, 'tls'], member(upstream, 'tls'));
}
