import { generateKeyPairSync } from 'node:crypto';
import { startAdmin } from '../../src/admin/admin.ts';
import type { Config } from '../../src/config/config.ts';
import { Secret } from '../../src/model/secret.ts';
import type { Store } from '../../src/store/store.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { PEPPERS, Rig } from '../grants/rig.ts';

export const KEYS = {
  owner: 'owner-auth-key-0000001',
  otherOwner: 'other-auth-key-0000001',
  ownerOfOtherProduct: 'owner-products-key-001',
  distributor: 'distributor-auth-key-1',
  stranger: 'stranger-auth-key-0001',
  operator: 'operator-auth-key-0001',
} as const;
export type Caller = keyof typeof KEYS | 'nobody';

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
  - { email: operator@fullmakt.no, confirmed: true }
subscriptions:
  - { email: api@wholesaler.no, apiProduct: auth, primaryKey: ${KEYS.owner} }
  - { email: api@wholesaler.no, apiProduct: my-products, primaryKey: ${KEYS.ownerOfOtherProduct} }
  - { email: api@nordlys.no, apiProduct: auth, primaryKey: ${KEYS.otherOwner} }
  - { email: api@distributor.no, apiProduct: auth, primaryKey: ${KEYS.distributor} }
  - { email: api@stranger.no, apiProduct: auth, primaryKey: ${KEYS.stranger} }
  - { email: operator@fullmakt.no, apiProduct: auth, primaryKey: ${KEYS.operator} }
`;

/** A running admin service with its own store, which holds two wholesalers and those who might ask. */
export class AdminRig {
  readonly url: string;
  readonly store: Store;
  readonly signingKey: Secret;
  readonly lines: string[];
  readonly #rig: Rig;
  readonly #close: () => Promise<void>;

  private constructor(parts: {
    url: string;
    store: Store;
    signingKey: Secret;
    lines: string[];
    rig: Rig;
    close: () => Promise<void>;
  }) {
    this.url = parts.url;
    this.store = parts.store;
    this.signingKey = parts.signingKey;
    this.lines = parts.lines;
    this.#rig = parts.rig;
    this.#close = parts.close;
  }

  static async start(state = STATE): Promise<AdminRig> {
    const rig = await Rig.make();
    const store = await rig.openStore();
    const { faults } = await rig.apply(store, state);
    if (faults.length > 0) throw new Error(faults.map(({ message }) => message).join('\n'));
    const lines: string[] = [];
    const log = createLog({ stream: { write: (line) => void lines.push(line) } });
    const { privateKey } = generateKeyPairSync('ed25519');
    const signingKey = new Secret(JSON.stringify(privateKey.export({ format: 'jwk' })));
    const admin = await startAdmin(configuration(signingKey), { store, log });
    const url = `http://127.0.0.1:${admin.listen.port}`;
    return new AdminRig({ url, store, signingKey, lines, rig, close: () => admin.close() });
  }

  /** Brings the store to what a state says. */
  async apply(state: string): Promise<void> {
    await this.#rig.apply(this.store, state);
  }

  /** Sends a request as one of the callers; a body that is no text goes as JSON. */
  ask(
    method: string,
    path: string,
    caller: Caller,
    { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    const key = caller === 'nobody' ? {} : { 'Ocp-Apim-Subscription-Key': KEYS[caller] };
    const type = body === undefined ? {} : { 'Content-Type': 'application/json' };
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return fetch(`${this.url}${path}`, {
      method,
      headers: { ...key, ...type, ...headers },
      ...(body === undefined ? {} : { body: text }),
    });
  }

  async close(): Promise<void> {
    await this.#close();
    await this.#rig.close();
  }
}

function configuration(
  signingKey: Secret,
): Pick<Config, 'admin' | 'secrets' | 'subscriptionKey' | 'sidecar'> {
  const any = { host: '127.0.0.1', port: 0 };
  return {
    sidecar: { listen: any, management: any, maxStaleness: 30_000 },
    admin: {
      listen: any,
      publicUrl: new URL('http://127.0.0.1:8081'),
      mail: new Secret('log'),
      durability: 'strict',
      timezone: 'Europe/Oslo',
    },
    secrets: { peppers: PEPPERS, signingKeys: [signingKey] },
    subscriptionKey: { header: 'Ocp-Apim-Subscription-Key', query: 'subscription-key' },
  };
}
