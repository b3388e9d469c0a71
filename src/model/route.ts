import type { PathTemplate } from './path-template.ts';
import type { Secret } from './secret.ts';
import type { Selector } from './selector.ts';

/** How an https upstream is told from others, and what it is shown. PEM files, by absolute paths. */
export interface UpstreamTls {
  /** Of the authorities that its certificate may be of; undefined: those that Node knows. */
  readonly ca: string | undefined;
  /** What it is shown, if anything. */
  readonly keyPair: { readonly certificate: string; readonly key: string } | undefined;
}

/** A backend that routes forward to. */
export interface Upstream {
  readonly name: string;
  /** Origin and optional base path, no query, no user. */
  readonly url: URL;
  /** Milliseconds without a response head, and between two pieces of a body. */
  readonly timeout: number;
  /** Bytes; a larger item is hidden. */
  readonly maxItemBytes: number;
  /** Bytes of a request body that is read before it is forwarded. */
  readonly maxBodyBytes: number;
  /** Lower-cased names of the request headers that pass. */
  readonly requestHeaders: readonly string[];
  readonly tls: UpstreamTls | undefined;
}

/** Where the attributes come from that decide on an item. */
export type AttributeSource =
  | { readonly kind: 'attributes'; readonly attributes: ReadonlyMap<string, Selector> }
  | { readonly kind: 'catalog'; readonly productId: Selector };

/** Items of a body, and what decides on each. */
export interface ItemSelection {
  readonly items: Selector;
  readonly source: AttributeSource;
}

/** A path parameter that names a product of the catalog: whoever may see that product may make the request. */
export interface PathProduct {
  readonly parameter: string;
}

export interface FilteredResponse extends ItemSelection {
  /** Members of the envelope that pass beside the items. */
  readonly keep: readonly Selector[];
  /** Drop the elements of outer arrays that hold no kept item. */
  readonly prune: boolean;
  /** Lower-cased response header names that pass beside the fixed ones. */
  readonly headers: readonly string[];
  /** Status of a list with nothing in it: 200 with the empty container, 204 or 404. */
  readonly whenEmpty: 200 | 204 | 404;
  /** Upstream error bodies: replaced by a problem document, or passed as they are. */
  readonly errors: 'problem' | 'pass';
}

/** Which web pages may call a route from a browser (the CORS protocol of the Fetch standard). */
export interface Cors {
  /** As browsers write them: `https://app.example`. */
  readonly origins: readonly string[];
  /** Lower-cased request headers that pages may send beside the credential and those that go upstream. */
  readonly headers: readonly string[];
  /** Milliseconds for which a browser may remember what it was told. */
  readonly maxAge: number;
  /** Whether pages may send cookies and client certificates along; cookies go no further. */
  readonly credentials: boolean;
}

/** Somebody who vouches for callers by signed tokens (JWT, RFC 7519). */
export interface TokenIssuer {
  /** What it is called here. */
  readonly name: string;
  /** The claim `iss` of its tokens. */
  readonly issuer: string;
  /** What the claim `aud` of its tokens must name. */
  readonly audience: string;
  /** Where its public keys are (RFC 7517): at a URL, or in a file by its absolute path. */
  readonly jwks: URL | string;
  /** Milliseconds that its clock may differ from ours. */
  readonly clockSkew: number;
}

export interface Route {
  /** As written: `GET /products/{id}`. */
  readonly match: string;
  /** Upper case. A GET route serves HEAD too. */
  readonly method: string;
  readonly path: PathTemplate;
  readonly upstream: Upstream;
  /** Whose tokens tell who calls; undefined: subscription keys do. */
  readonly bearer: TokenIssuer | undefined;
  /** The API product that the caller's subscription must be for. */
  readonly apiProduct: string;
  /** The API whose roles count here. */
  readonly api: string;
  /** Query parameters that pass, each at most once; or any. */
  readonly query: readonly string[] | 'unchecked';
  /** What an unsafe method's body must hold, or its path must name; undefined for safe methods. */
  readonly request: ItemSelection | PathProduct | 'unchecked' | undefined;
  readonly response: FilteredResponse | 'unfiltered';
  /** Undefined: no page of another origin. */
  readonly cors: Cors | undefined;
}

/** An HMAC key for subscription keys. Its id is the first 8 hex digits of the SHA-256 of its text. */
export interface Pepper {
  readonly id: string;
  readonly text: Secret;
}
