import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv4, isIPv6 } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { AddressRange } from '../../config/config.ts';

/** Somebody for whom a request was sent on, as the next one told it. */
interface Hop {
  /** Undefined: not told, or hidden (RFC 7239, section 6). */
  readonly address: string | undefined;
  readonly scheme: string | undefined;
}

/** RFC 7239, section 4: one pair of a forwarded-element, and what follows it. */
const PAIR =
  /[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)=(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"((?:[^"\\]|\\.)*)")[ \t]*(;|,|$)/y;

/**
 * Who stands between the caller and us. What a request says of that is believed as far as it was written by a proxy
 * that we trust: from the right, up to the first address that is none of them, which is the client.
 */
export class ClientChain {
  readonly #trusted = new BlockList();

  constructor(trustedProxies: readonly AddressRange[]) {
    for (const { address, prefix, family } of trustedProxies)
      this.#trusted.addSubnet(address, prefix, family);
  }

  /**
   * What the upstream is told of it: the addresses that are known, the client's first and our peer's last, and the
   * scheme that the client used. The host that it asked for is not told: the upstream has a name of its own, and
   * writes no link from what a caller said.
   *
   * Proxies that write `Forwarded` and pass on what a client wrote in `X-Forwarded-For`, or the other way round,
   * can't be told apart from here. Nearly all write `X-Forwarded-For`: where it is, `Forwarded` is not read.
   */
  headers({ socket, headers }: IncomingMessage): Record<string, string> {
    const peer = parseAddress(socket.remoteAddress?.replace(/%.*$/, '') ?? '');
    const ours = socket instanceof TLSSocket ? 'https' : 'http';
    let believed: readonly Hop[] = [];
    let scheme: string | undefined;
    if (peer !== undefined && this.#isTrusted(peer)) {
      const listed = headers['x-forwarded-for']?.toString();
      const hops = listed === undefined ? parseForwarded(headers['forwarded'] ?? '') : parseList(listed);
      believed = this.#believe(hops);
      scheme = believed[0]?.scheme ?? lastOf(headers['x-forwarded-proto']?.toString());
    }
    const addresses = [...believed.flatMap(({ address }) => address ?? []), peer ?? 'unknown'];
    const proto = scheme === 'http' || scheme === 'https' ? scheme : ours;
    return {
      'x-forwarded-for': addresses.join(', '),
      'x-forwarded-proto': proto,
      forwarded: addresses
        .map((address, index) => `for=${nodeName(address)}${index === 0 ? `;proto=${proto}` : ''}`)
        .join(', '),
    };
  }

  #believe(hops: readonly Hop[]): readonly Hop[] {
    const stranger = hops.findLastIndex(({ address }) => address === undefined || !this.#isTrusted(address));
    return stranger === -1 ? hops : hops.slice(stranger);
  }

  #isTrusted(address: string): boolean {
    return this.#trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  }
}

/** `client, proxy, proxy`; Azure's gateways add ports. */
function parseList(value: string): readonly Hop[] {
  return value.split(',').map((text) => ({ address: parseAddress(text.trim()), scheme: undefined }));
}

/** RFC 7239, section 4; of what does not parse nothing is believed. */
function parseForwarded(value: string): readonly Hop[] {
  const hops: Hop[] = [];
  let pairs = new Map<string, string>();
  for (PAIR.lastIndex = 0; PAIR.lastIndex < value.length; ) {
    const [, name = '', token, quoted = '', separator] = PAIR.exec(value) ?? [];
    if (separator === undefined || pairs.has(name.toLowerCase())) return [];
    pairs.set(name.toLowerCase(), token ?? quoted.replaceAll(/\\(.)/g, '$1'));
    if (separator === ';') continue;
    hops.push({
      address: parseAddress(pairs.get('for') ?? ''),
      scheme: pairs.get('proto')?.toLowerCase(),
    });
    pairs = new Map();
  }
  return pairs.size > 0 ? [] : hops;
}

/** An address in one spelling, less its port; undefined for whatever else may stand there. */
function parseAddress(text: string): string | undefined {
  const [, bracketed, dotted] = /^(?:\[([^\]]*)\]|([\d.]+))(?::\d{1,5})?$/.exec(text) ?? [];
  const address = (bracketed ?? dotted ?? text).toLowerCase();
  const mapped = /^::ffff:([\d.]+)$/.exec(address)?.[1] ?? address;
  if (isIPv4(mapped)) return mapped;
  return isIPv6(mapped) && !mapped.includes('%') ? mapped : undefined;
}

function lastOf(list: string | undefined): string | undefined {
  return list?.split(',').at(-1)?.trim().toLowerCase();
}

/** RFC 7239, section 6. */
function nodeName(address: string): string {
  return isIPv6(address) ? `"[${address}]"` : address;
}
