import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import { startAdmin } from '../../src/admin/admin.ts';
import type { Config } from '../../src/config/config.ts';
import { renderFaults } from '../../src/config/file-fault.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { makeSecrets } from '../../src/config/new-secrets.ts';
import type { Store } from '../../src/store/store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { Rig } from '../grants/rig.ts';

/** Who might ask, as test/cases/authority.yaml describes them. */
export const CALLERS = [
  'owner',
  'otherOwner',
  'distributor',
  'stranger',
  'otherProduct',
  'nobody',
  'operator',
] as const;
export type Caller = (typeof CALLERS)[number];

export const KEYS: Readonly<Record<Exclude<Caller, 'operator' | 'nobody'>, string>> = {
  owner: 'owner-auth-key-0000001',
  otherOwner: 'other-auth-key-0000001',
  otherProduct: 'owner-products-key-001',
  distributor: 'distributor-auth-key-1',
  stranger: 'stranger-auth-key-0001',
};

/** The operator's token. */
const TOKEN = 'operator-token-0123456789';
const TOKEN_HASH = createHash('sha256').update(TOKEN).digest('hex');

const STATE = `
wholesalers:
  - { id: "10001", name: Wholesaler AS, primaryEmails: [api@wholesaler.no] }
  - { id: "10002", name: Nordlys Vin AS, primaryEmails: [api@nordlys.no] }
apiProducts:
  - { name: auth, apis: [permission] }
  - { name: my-products, apis: [stock-per-store, details-normal] }
roles:
  - { roleId: DETAILS_READ, api: details-normal, httpVerb: GET, description: Read product details }
  - { roleId: STOCK_READ, api: stock-per-store, httpVerb: GET, description: Read stock }
mainRoles:
  - { mainRoleId: DISTRIBUTION, roles: [STOCK_READ], description: Distribution }
  - { mainRoleId: FULL_SERVICES, roles: [STOCK_READ, DETAILS_READ], description: Full services }
users:
  - { email: api@distributor.no, confirmed: true }
  - { email: api@stranger.no, confirmed: true }
subscriptions:
  - { email: api@wholesaler.no, apiProduct: auth, primaryKey: ${KEYS.owner} }
  - { email: api@wholesaler.no, apiProduct: my-products, primaryKey: ${KEYS.otherProduct} }
  - { email: api@nordlys.no, apiProduct: auth, primaryKey: ${KEYS.otherOwner} }
  - { email: api@distributor.no, apiProduct: auth, primaryKey: ${KEYS.distributor} }
  - { email: api@stranger.no, apiProduct: auth, primaryKey: ${KEYS.stranger} }
`;

const CONFIGURATION = `
store: sqlite:fullmakt.db
policy: policy.tar.gz
secrets: { pepper: "\${file:pepper}", signingKey: "\${file:signing.jwk}" }
upstreams: { shop: { url: "http://127.0.0.1:3000" } }
routes: [{ match: GET /, upstream: shop, apiProduct: shop, api: shop, response: unfiltered }]
`;

export interface AdminOptions {
  /** What the store holds: by default two wholesalers and those who might ask. */
  readonly state?: string;
  /** Keys under `admin` in the configuration, in YAML's flow style: `timezone: UTC`. */
  readonly adminKeys?: string;
}

/** A running admin service on a free port, with a store of its own. */
export class AdminRig {
  readonly url: string;
  readonly store: Store;
  readonly config: Config;
  /** What was logged, line by line. */
  readonly lines: readonly string[];
  readonly #rig: Rig;
  readonly #close: () => Promise<void>;

  private constructor(
    parts: Pick<AdminRig, 'url' | 'store' | 'config' | 'lines'>,
    rig: Rig,
    close: () => Promise<void>,
  ) {
    this.url = parts.url;
    this.store = parts.store;
    this.config = parts.config;
    this.lines = parts.lines;
    this.#rig = rig;
    this.#close = close;
  }

  static async start({ state = STATE, adminKeys = '' }: AdminOptions = {}): Promise<AdminRig> {
    const rig = await Rig.make();
    const store = await rig.openStore();
    const tokens = `operatorTokens: [{ name: ops, sha256: "${TOKEN_HASH}" }]`;
    const admin = `admin: { listen: "127.0.0.1:0", ${tokens}${adminKeys === '' ? '' : `, ${adminKeys}`} }`;
    const file = await rig.write('fullmakt.yaml', `${admin}\n${CONFIGURATION}`);
    await makeSecrets(dirname(file));
    const loaded = await loadConfig(file);
    if ('faults' in loaded) throw new Error(renderFaults(loaded.faults));
    const { config } = loaded;
    const { faults } = await rig.apply(store, state, { peppers: config.secrets.peppers });
    if (faults.length > 0) throw new Error(renderFaults(faults));
    const lines: string[] = [];
    const log = createLog({ stream: { write: (line) => void lines.push(line) } });
    const service = await startAdmin(config, { store, log });
    const url = `http://127.0.0.1:${service.listen.port}`;
    return new AdminRig({ url, store, config, lines }, rig, () => service.close());
  }

  /** Brings the store to what a state says. */
  async apply(state: string): Promise<void> {
    await this.#rig.apply(this.store, state, { peppers: this.config.secrets.peppers });
  }

  /** Sends a request as one of the callers; a body that is neither text nor bytes goes as JSON. */
  ask(
    method: string,
    path: string,
    caller: Caller,
    { body, headers = {} }: { body?: unknown; headers?: Readonly<Record<string, string>> } = {},
  ): Promise<Response> {
    const all = new Headers(headers);
    if (caller === 'operator') all.set('Authorization', `Bearer ${TOKEN}`);
    else if (caller !== 'nobody') all.set('Ocp-Apim-Subscription-Key', KEYS[caller]);
    if (body === undefined) return fetch(`${this.url}${path}`, { method, headers: all });
    if (!all.has('Content-Type')) all.set('Content-Type', 'application/json');
    const isRaw = typeof body === 'string' || body instanceof Uint8Array;
    return fetch(`${this.url}${path}`, { method, headers: all, body: isRaw ? body : JSON.stringify(body) });
  }

  async close(): Promise<void> {
    await this.#close();
    await this.#rig.close();
  }
}
