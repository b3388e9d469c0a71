import { once } from 'node:events';
import { Command } from 'commander';
import { renderFaults } from '../config/file-fault.ts';
import { loadConfig } from '../config/load-config.ts';
import { exportState } from '../grants/export.ts';
import { openStore } from '../store/open-store.ts';
import { CONFIG_FILE, FAULTY_CONFIGURATION } from './configuration.ts';

/** `fullmakt export`: writes what the store holds as a state file, to standard output. */
export function exportCommand(): Command {
  return new Command('export')
    .description('write what the store holds, less its keys, as a file that apply takes back')
    .option('--config <file>', 'the configuration', CONFIG_FILE)
    .action(write);
}

async function write({ config: configFile }: { readonly config: string }): Promise<void> {
  const loaded = await loadConfig(configFile);
  if ('faults' in loaded) {
    process.stderr.write(renderFaults(loaded.faults));
    process.exitCode = FAULTY_CONFIGURATION;
    return;
  }
  const { store: location, admin } = loaded.config;
  const store = await openStore(location, { durability: admin.durability });
  try {
    for await (const text of exportState(store)) {
      if (!process.stdout.write(text)) await once(process.stdout, 'drain');
    }
  } finally {
    await store.close();
  }
}
