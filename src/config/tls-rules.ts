import { HttpUrl } from './addresses.ts';
import { isMapping, member, read } from './raw-value.ts';
import type { Report } from './rules.ts';

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
