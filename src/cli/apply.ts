import { Command } from 'commander';
import { renderFaults } from '../config/file-fault.ts';
import { loadConfig } from '../config/load-config.ts';
import type { AppliedChange } from '../grants/applied-change.ts';
import { applyState } from '../grants/apply.ts';
import { readState } from '../grants/state.ts';
import { openStore } from '../store/open-store.ts';
import { CONFIG_FILE, FAULTY_CONFIGURATION } from './configuration.ts';

const SIGNS: Readonly<Record<AppliedChange['kind'], string>> = { added: '+', changed: '~', removed: '-' };

interface Options {
  readonly file: string;
  readonly config: string;
  readonly dryRun?: boolean;
  readonly prune?: boolean;
}

/** `fullmakt apply`: brings the store to what a file states. */
export function applyCommand(): Command {
  return new Command('apply')
    .description('bring the store to what a file states, and tell what changed')
    .requiredOption('-f, --file <file>', 'the state')
    .option('--dry-run', 'tell what would change, and change nothing')
    .option('--prune', 'remove what the file does not name, in the sections that it has')
    .option('--config <file>', 'the configuration', CONFIG_FILE)
    .action(apply);
}

async function apply({ file, config: configFile, dryRun = false, prune = false }: Options): Promise<void> {
  const loaded = await loadConfig(configFile);
  if ('faults' in loaded) {
    process.stderr.write(renderFaults(loaded.faults));
    process.exitCode = FAULTY_CONFIGURATION;
    return;
  }
  const { store: location, admin, secrets } = loaded.config;
  const store = await openStore(location, { durability: admin.durability });
  try {
    const result = await applyState(store, await readState(file), {
      peppers: secrets.peppers,
      dryRun,
      prune,
      applied: print,
    });
    if ('faults' in result) {
      process.stderr.write(renderFaults(result.faults));
      process.exitCode = 1;
    } else if (result.changes.length === 0) console.log('= nothing to do');
    else if (dryRun) for (const change of result.changes) print(change);
  } finally {
    await store.close();
  }
}

function print({ kind, text, made }: AppliedChange): void {
  console.log(`${SIGNS[kind]} ${text}`);
  if (made?.primary) console.log(`    primary key: ${made.primary.reveal()}`);
  if (made?.secondary) console.log(`    secondary key: ${made.secondary.reveal()}`);
}
