const ATTRIBUTES = `attributes: { owner: '@.logistics.wholesalerId', distributor: '@.logistics.vendorId' }`;

/** What a route answers with, by the first segment of its path. */
const RESPONSES = {
  list: `{ items: '$[*]', ${ATTRIBUTES} }`,
  page: `{ items: '$.value[*]', ${ATTRIBUTES}, keep: ['$.nextLink'] }`,
  object: `{ items: '$', ${ATTRIBUTES} }`,
  sales: `{ items: '$[*].storeSales[*].sales[*]', catalog: '@.productId', keep: ['$[*].salesDate', '$[*].storeSales[*].storeId'], prune: true }`,
  whole: 'unfiltered',
} as const;

export type Shape = keyof typeof RESPONSES;

/** How long an upstream may be silent. Those that fall silent are asked with little patience, or a run takes hours. */
export type Patience = 'patient' | 'hasty';
const PATIENCE: Readonly<Record<Patience, string>> = { patient: '30s', hasty: '400ms' };

/** The path that asks for one thing of a shape: `/hasty/list/17`. */
export function pathOf(shape: Shape, patience: Patience, thing: number): string {
  return `/${patience}/${shape}/${thing}`;
}

/** The configuration of a sidecar before one backend that has many shapes. */
export function configuration(upstreamPort: number): string {
  const upstreams = Object.entries(PATIENCE).map(
    ([name, timeout]) => `  ${name}: { url: "http://127.0.0.1:${upstreamPort}", timeout: ${timeout} }`,
  );
  const routes = Object.keys(PATIENCE).flatMap((patience) =>
    Object.entries(RESPONSES).map(
      ([shape, response]) =>
        `  - { match: 'GET /${patience}/${shape}/{thing}', upstream: ${patience}, apiProduct: my-products, api: lists, response: ${response} }`,
    ),
  );
  return `
sidecar: { listen: "127.0.0.1:0", management: "127.0.0.1:0" }
store: sqlite:store.db
policy: policy.tar.gz
secrets: { pepper: "\${file:pepper}", signingKey: "\${file:signing.jwk}" }
upstreams:
${upstreams.join('\n')}
routes:
${routes.join('\n')}
  - { match: POST /orders/checked, upstream: patient, apiProduct: my-products, api: lists, request: { items: '$[*]', catalog: '@.productId' }, response: unfiltered }
  - { match: POST /orders/unchecked, upstream: patient, apiProduct: my-products, api: lists, request: unchecked, response: unfiltered }
`;
}
