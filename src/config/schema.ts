import { z } from 'zod';
import { Secret } from '../model/secret.ts';
import {
  AddressRangeText,
  EmailAddress,
  HttpUrl,
  KeySetPlace,
  ListenAddress,
  MailAddress,
  StoreAddress,
} from './addresses.ts';
import { HeaderName, KeyHeaderName, RequestHeaderName, ResponseHeaderName } from './header-names.ts';
import { Duration, Size } from './quantities.ts';
import { BodySelector, ItemSelector, MatchLine, Name, Origin, QueryName, Title } from './route-formats.ts';
import { Peppers, SigningKeys, TokenHash } from './secret-formats.ts';
import { textFormat, textPattern } from './text-format.ts';

/** Names whose values are never shown. */
export const SECRET_NAMES = ['secrets', 'pepper', 'signingKey', 'store', 'mail'] as const;

const TimeZone = textFormat<string>((value) => {
  try {
    Intl.DateTimeFormat('en', { timeZone: value });
    return { value };
  } catch {
    return { fault: 'must be a time zone such as Europe/Oslo or UTC' };
  }
});

/** Where the policy is; as it was written. */
export const BundleFile = textFormat<string>((value) => {
  if (value === 'store') return { fault: 'a policy from the store is not supported yet: name a bundle file' };
  return value === '' ? { fault: 'must be the path of a bundle file' } : { value };
});

const FilePath = textPattern(/./, 'must be the path of a file');

const ListenerTls = z.strictObject({ certificate: FilePath, key: FilePath, clientCa: FilePath.optional() });

const UpstreamTls = z.strictObject({
  ca: FilePath.optional(),
  certificate: FilePath.optional(),
  key: FilePath.optional(),
});

const Upstream = z.strictObject({
  url: HttpUrl,
  timeout: Duration.default(30_000),
  maxItemBytes: Size.default(2 ** 20),
  maxBodyBytes: Size.default(2 ** 20),
  requestHeaders: z
    .array(RequestHeaderName)
    .default(['accept-language', 'content-type', 'user-agent', 'traceparent', 'tracestate']),
  tls: UpstreamTls.optional(),
});

const TokenIssuer = z.strictObject({
  issuer: Title,
  audience: Title,
  jwks: KeySetPlace,
  clockSkew: Duration.default(30_000),
});

const selection = {
  items: BodySelector,
  attributes: z.record(Name, ItemSelector).optional(),
  catalog: ItemSelector.optional(),
};

const FilteredResponse = z.strictObject({
  ...selection,
  keep: z.array(BodySelector).default([]),
  prune: z.boolean().default(false),
  headers: z.array(ResponseHeaderName).default([]),
  whenEmpty: z.literal([200, 204, 404]).default(200),
  errors: z.enum(['problem', 'pass']).default('problem'),
});

const NO_REQUEST =
  "must be a mapping that selects items, a parameter of the path such as '{productId}', or unchecked";

/** `{productId}`: the product that the path names. */
const PathProduct = textFormat((text) => {
  const parameter = /^\{([^{}]+)\}$/.exec(text)?.[1];
  return parameter === undefined ? { fault: NO_REQUEST } : { value: { parameter } };
});

const Cors = z.strictObject({
  origins: z.array(Origin).min(1, { error: 'needs at least one' }),
  headers: z.array(HeaderName).default([]),
  maxAge: Duration.default(600_000),
  credentials: z.boolean().default(false),
});

const Route = z.strictObject({
  match: MatchLine,
  upstream: z.string(),
  bearer: z.string().optional(),
  apiProduct: Title,
  api: Title,
  query: z
    .union([z.literal('unchecked'), z.array(QueryName)], { error: 'must be a list of names, or unchecked' })
    .default([]),
  request: z
    .union([z.literal('unchecked'), PathProduct, z.strictObject(selection)], { error: NO_REQUEST })
    .optional(),
  response: z.union([z.literal('unfiltered'), FilteredResponse], {
    error: ({ input }) =>
      input === undefined
        ? 'missing: say what to filter, or unfiltered'
        : 'must be a mapping that selects items, or unfiltered',
  }),
  cors: Cors.optional(),
});

/** fullmakt.yaml, each value by itself. What values must be to each other stands in rules.ts and route-rules.ts. */
export const ConfigFile = z.strictObject({
  sidecar: z
    .strictObject({
      listen: ListenAddress.default({ host: '127.0.0.1', port: 8080 }),
      management: ListenAddress.default({ host: '127.0.0.1', port: 8082 }),
      maxStaleness: Duration.default(30_000),
      trustedProxies: z.array(AddressRangeText).default([]),
      tls: ListenerTls.optional(),
    })
    .prefault({}),
  admin: z
    .strictObject({
      listen: ListenAddress.default({ host: '127.0.0.1', port: 8081 }),
      tls: ListenerTls.optional(),
      publicUrl: HttpUrl.optional(),
      mail: MailAddress.default(new Secret('log')),
      mailFrom: EmailAddress.optional(),
      durability: z.enum(['strict', 'relaxed']).default('strict'),
      timezone: TimeZone.default('Europe/Oslo'),
      operatorTokens: z.array(z.strictObject({ name: Title, sha256: TokenHash })).default([]),
    })
    .prefault({}),
  store: StoreAddress,
  policy: BundleFile,
  secrets: z.strictObject({ pepper: Peppers, signingKey: SigningKeys }),
  subscriptionKey: z
    .strictObject({
      header: KeyHeaderName.default('Ocp-Apim-Subscription-Key'),
      query: QueryName.default('subscription-key'),
    })
    .prefault({}),
  refusals: z.enum(['problem', 'apim']).default('problem'),
  tokenIssuers: z.record(Name, TokenIssuer).default({}),
  upstreams: z.record(Name, Upstream),
  routes: z.array(Route).min(1, { error: 'needs at least one' }),
});

export type ConfigFile = z.infer<typeof ConfigFile>;
