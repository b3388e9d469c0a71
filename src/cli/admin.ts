import { Command } from 'commander';
import { startAdmin } from '../admin/admin.ts';
import { renderFaults } from '../config/file-fault.ts';
import { loadConfig } from '../config/load-config.ts';
import { openStore } from '../store/open-store.ts';
import { createLog } from '../telemetry/log.ts';
import { CONFIG_FILE, FAULTY_CONFIGURATION } from './configuration.ts';
import { endOfProcess } from './end-of-process.ts';

/** `fullmakt admin`: the service that writes the grants. */
export function adminCommand(): Command {
  return new Command('admin')
    .description('run the admin service')
    .option('--config <file>', 'the configuration', CONFIG_FILE)
    .action(async ({ config: file }: { config: string }) => {
      const loaded = await loadConfig(file, { part: 'admin' });
      if ('faults' in loaded) {
        process.stderr.write(renderFaults(loaded.faults));
        process.exitCode = FAULTY_CONFIGURATION;
        return;
      }
      const { admin, store: location } = loaded.config;
      const store = await openStore(location, { durability: admin.durability });
      const service = await startAdmin(loaded.config, { store, log: createLog() });
      await endOfProcess();
      await service.close();
      await store.close();
    });
}
