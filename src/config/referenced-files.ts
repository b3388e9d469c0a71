import { KeySetPlace } from './addresses.ts';
import { readKeySet } from './key-set-file.ts';
import { isMapping, member, read } from './raw-value.ts';
import type { Report } from './rules.ts';
import { readAuthorities, readKeyPair } from './tls-files.ts';
import type { YamlPath } from './yaml-file.ts';

/** The program whose files are looked into; `all` of them. */
export type Part = 'sidecar' | 'admin' | 'all';

/** Looks whether the files that one of the programs needs can be used: certificates, keys, sets of public keys. */
export class ReferencedFiles {
  readonly #report: Report;
  readonly #resolvePath: (written: string) => string;

  /** @param resolvePath from a path as it was written to an absolute one */
  constructor(report: Report, resolvePath: (written: string) => string) {
    this.#report = report;
    this.#resolvePath = resolvePath;
  }

  check(file: unknown, part: Part): void {
    if (part !== 'sidecar') this.#checkTls(['admin', 'tls'], member(file, 'admin', 'tls'));
    if (part === 'admin') return;
    this.#checkTls(['sidecar', 'tls'], member(file, 'sidecar', 'tls'));
    for (const [name, upstream] of entries(member(file, 'upstreams')))
      this.#checkTls(['upstreams', name, 'tls'], member(upstream, 'tls'));
    for (const [name, issuer] of entries(member(file, 'tokenIssuers')))
      this.#checkKeySet(['tokenIssuers', name, 'jwks'], member(issuer, 'jwks'));
  }

  #checkTls(path: YamlPath, tls: unknown): void {
    const certificate = this.#fileOf(tls, 'certificate');
    const key = this.#fileOf(tls, 'key');
    if (certificate !== undefined && key !== undefined) {
      const pair = readKeyPair({ certificate, key });
      if ('fault' in pair) this.#report([...path, pair.part], pair.fault);
    }
    for (const name of ['ca', 'clientCa']) {
      const file = this.#fileOf(tls, name);
      const authorities = file === undefined ? undefined : readAuthorities(file);
      if (authorities !== undefined && 'fault' in authorities)
        this.#report([...path, name], authorities.fault);
    }
  }

  #checkKeySet(path: YamlPath, written: unknown): void {
    const place = read(KeySetPlace, written);
    if (typeof place !== 'string') return;
    const keySet = readKeySet(this.#resolvePath(place));
    if ('fault' in keySet) this.#report(path, keySet.fault);
  }

  #fileOf(tls: unknown, name: string): string | undefined {
    const written = member(tls, name);
    return typeof written === 'string' && written !== '' ? this.#resolvePath(written) : undefined;
  }
}

function entries(mapping: unknown): readonly (readonly [string, unknown])[] {
  return isMapping(mapping) ? Object.entries(mapping) : [];
}
