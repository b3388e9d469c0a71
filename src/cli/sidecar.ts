import { Command } from 'commander';
import { renderFaults } from '../config/file-fault.ts';
import type { Peppers } from '../grants/subscription-key.ts';
import { describeUnreachableKeys, unreachableKeys } from '../grants/unlisted-peppers.ts';
import { startSidecar } from '../sidecar/sidecar.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { createLog, type Logger } from '../telemetry/log.ts';
import { CONFIG_FILE, FAULTY_CONFIGURATION } from './configuration.ts';
import { endOfProcess } from './end-of-process.ts';
import { loadWithPolicy } from './load-with-policy.ts';

/** `fullmakt sidecar`: the proxy. At SIGTERM or SIGINT it takes no more requests and lets those under way end. */
export function sidecarCommand(): Command {
  return new Command('sidecar')
    .description('run the proxy')
    .option('--config <file>', 'the configuration', CONFIG_FILE)
    .action(async ({ config: file }: { config: string }) => {
      const loaded = await loadWithPolicy(file, 'sidecar');
      if ('faults' in loaded) {
        process.stderr.write(renderFaults(loaded.faults));
        process.exitCode = FAULTY_CONFIGURATION;
        return;
      }
      const { config, policy } = loaded;
      // It writes but when keys were used: what a store promises to its writers is the admin's to ask for.
      const store = await openStore(config.store, { durability: 'relaxed' });
      try {
        const log = createLog();
        await warnOfPeppers(store, config.secrets.peppers, log);
        const sidecar = await startSidecar(config, { store, policy, log });
        await endOfProcess();
        await sidecar.close();
      } finally {
        await store.close();
      }
    });
}

/** No reason not to start: the keys whose pepper is listed are as good as ever. */
async function warnOfPeppers(store: Store, peppers: Peppers, log: Logger): Promise<void> {
  const unreachable = await unreachableKeys(store, peppers, new Date().toISOString());
  const words = describeUnreachableKeys(unreachable);
  if (words !== undefined) log.error(words);
}
