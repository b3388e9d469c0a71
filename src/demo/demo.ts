import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startAdmin } from '../admin/admin.ts';
import type { Address, Config, ListenerTls } from '../config/config.ts';
import { renderFaults } from '../config/file-fault.ts';
import { applyState } from '../grants/apply.ts';
import { readState, type State } from '../grants/state.ts';
import { Secret } from '../model/secret.ts';
import type { Policy } from '../policy/engine.ts';
import { startSidecar } from '../sidecar/sidecar.ts';
import { openStore } from '../store/open-store.ts';
import type { Logger } from '../telemetry/log.ts';
import { startBackend } from './backend.ts';
import { CALLERS, type DemoFacts, readOrMakeKeys, writeFacts } from './facts.ts';
import { readDemoProducts } from './products.ts';

/** The demo's own files, in the checkout and in the package alike. */
const DEMO_FOLDER = fileURLToPath(new URL('../../demo/', import.meta.url));

/** @param tls what the listener there speaks TLS with, if it does */
function urlOf({ host, port }: Address, tls?: ListenerTls): string {
  return `${tls === undefined ? 'http' : 'https'}://${host}:${port}`;
}

/** The demo's state, in which each caller's subscription has the key that this folder's demo.json names. */
async function demoState(keys: DemoFacts['keys']): Promise<State> {
  const state = await readState(join(DEMO_FOLDER, 'state.yaml'));
  const callers = [
    { ...CALLERS.wholesaler, key: keys.wholesaler },
    { ...CALLERS.distributor, key: keys.distributor },
    { ...CALLERS.stranger, key: keys.stranger },
    { ...CALLERS.wholesalerAuth, key: keys.wholesalerAuth },
  ];
  const subscriptions = state.sections.subscriptions?.map(({ path, value }) => {
    const caller = callers.find(
      ({ email, apiProduct }) => email === value.email && apiProduct === value.apiProduct,
    );
    const key = caller?.key;
    return { path, value: key === undefined ? value : { ...value, primaryKey: new Secret(key) } };
  });
  return { ...state, sections: { ...state.sections, subscriptions } };
}

export interface RunningDemo {
  readonly facts: DemoFacts;
  /** The legacy API's address. */
  readonly backend: string;
  close(): Promise<void>;
}

/**
 * Starts the whole of Fullmakt in this process, before a legacy API of its own, with a store that holds the demo's
 * state.
 * @param options.dataFolder keeps demo.json, with the keys
 * @throws Error with one clear line: a port in use, a store that cannot be opened
 */
export async function startDemo(options: {
  readonly config: Config;
  readonly policy: Policy;
  readonly log: Logger;
  readonly dataFolder: string;
  readonly backend: Address;
}): Promise<RunningDemo> {
  const { config, policy, log, dataFolder } = options;
  await using started = new AsyncDisposableStack();
  const adopt = <T extends { close(): Promise<void> }>(part: T): T => started.adopt(part, () => part.close());

  const legacy = await startBackend(
    await readDemoProducts(join(DEMO_FOLDER, 'products.csv')),
    options.backend,
  );
  started.defer(() => {
    legacy.close();
    legacy.closeAllConnections();
  });
  const store = adopt(await openStore(config.store, { durability: config.admin.durability }));
  const factsFile = join(dataFolder, 'demo.json');
  const keys = await readOrMakeKeys(factsFile);
  const applied = await applyState(store, await demoState(keys), { peppers: config.secrets.peppers });
  if ('faults' in applied)
    throw new Error(`the demo's state does not apply:\n${renderFaults(applied.faults)}`);
  if ('refusal' in applied) throw new Error(applied.refusal);
  adopt(await startAdmin(config, { store, log }));
  adopt(await startSidecar(config, { store, policy, log }));

  const facts: DemoFacts = {
    sidecar: urlOf(config.sidecar.listen, config.sidecar.tls),
    admin: urlOf(config.admin.listen, config.admin.tls),
    management: urlOf(config.sidecar.management),
    keys,
  };
  await writeFacts(factsFile, facts);
  const running = started.move();
  return { facts, backend: urlOf(options.backend), close: () => running.disposeAsync() };
}
