import type { Pepper, Route, TokenIssuer, Upstream } from '../model/route.ts';
import type { Secret } from '../model/secret.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** The addresses that begin with the first `prefix` bits of one. */
export interface AddressRange {
  readonly address: string;
  readonly prefix: number;
  readonly family: 'ipv4' | 'ipv6';
}

/** PEM files, by absolute paths. */
export interface ListenerTls {
  readonly certificate: string;
  readonly key: string;
  /** Of the authorities that a client's certificate must be of; undefined: clients need none. */
  readonly clientCa: string | undefined;
}

/** A token that lets an operator in, of which only the hash is known. */
export interface OperatorToken {
  /** Who it is, for the audit. */
  readonly name: string;
  /** SHA-256 of the token, in lower-case hex. */
  readonly sha256: string;
}

export type StoreLocation =
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'redis'; readonly url: Secret };

/** The configuration file, read, checked and resolved: paths are absolute, durations milliseconds, sizes bytes. */
export interface Config {
  readonly sidecar: {
    readonly listen: Address;
    readonly management: Address;
    readonly maxStaleness: number;
    /** Peers that are believed when they tell for whom they send a request on. */
    readonly trustedProxies: readonly AddressRange[];
    /** Of the proxied port; undefined: it speaks plain HTTP. */
    readonly tls: ListenerTls | undefined;
  };
  readonly admin: {
    readonly listen: Address;
    readonly tls: ListenerTls | undefined;
    readonly publicUrl: URL;
    /** `log`, or an SMTP address with its password. */
    readonly mail: Secret;
    /** The address that mails come from. */
    readonly mailFrom: string;
    readonly durability: 'strict' | 'relaxed';
    readonly timezone: string;
    readonly operatorTokens: readonly OperatorToken[];
  };
  readonly store: StoreLocation;
  /** A bundle file. */
  readonly policy: string;
  readonly secrets: {
    /** The first makes new hashes; all are tried. */
    readonly peppers: readonly [Pepper, ...Pepper[]];
    /** Private JWKs as JSON text. The first signs; upstreams are told of all. */
    readonly signingKeys: readonly [Secret, ...Secret[]];
  };
  /** The header's name as written; names are compared in any case (RFC 9110, section 5.1). */
  readonly subscriptionKey: { readonly header: string; readonly query: string };
  readonly refusals: 'problem' | 'apim';
  /** Those that routes name in `bearer`, and others that none does. */
  readonly tokenIssuers: readonly TokenIssuer[];
  readonly upstreams: readonly Upstream[];
  readonly routes: readonly Route[];
}
