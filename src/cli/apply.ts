import { Command } from 'commander';
import { renderFaults } from '../config/file-fault.ts';
import { loadConfig } from '../config/load-config.ts';
import { applyState } from '../grants/apply.ts';
import { besideState } from '../grants/beside.ts';
import { readState, type State } from '../grants/state.ts';
import { unknownOwners } from '../grants/unknown-owners.ts';
import { openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { ApplyReport, type Remarks } from './apply-report.ts';
import { CONFIG_FILE, FAULTY_CONFIGURATION } from './configuration.ts';

/** What may end it while it runs. Keys that were made are told all the same: they cannot be read again. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

interface Options {
  readonly file: string;
  readonly config: string;
  readonly dryRun?: boolean;
  readonly prune?: boolean;
  readonly verbose?: boolean;
}

/** `fullmakt apply`: brings the store to what a file states. */
export function applyCommand(): Command {
  return new Command('apply')
    .description('bring the store to what a file states, and tell what changed')
    .requiredOption('-f, --file <file>', 'the state')
    .option('--dry-run', 'tell what would change, and change nothing')
    .option('--prune', 'remove what the file does not name, in the sections that it has')
    .option('--verbose', 'tell each product that changes, and not their number')
    .option('--config <file>', 'the configuration', CONFIG_FILE)
    .addHelpText(
      'after',
      '\nExit status: 0; 1 for a faulty state, keys under a pepper that is not listed, or a store that fails; 78 for a faulty configuration.',
    )
    .action(apply);
}

async function apply(options: Options): Promise<void> {
  const { file, config: configFile, dryRun = false, prune = false, verbose = false } = options;
  const loaded = await loadConfig(configFile);
  if ('faults' in loaded) {
    process.stderr.write(renderFaults(loaded.faults));
    process.exitCode = FAULTY_CONFIGURATION;
    return;
  }
  const { store: location, admin, secrets } = loaded.config;
  const store = await openStore(location, { durability: admin.durability });
  const report = new ApplyReport({ verbose, dryRun });
  let remarks: Remarks | undefined;
  const interrupted = (): never => {
    report.end(undefined);
    process.exit(1);
  };
  for (const signal of SIGNALS) process.once(signal, interrupted);
  try {
    const state = await readState(file);
    const result = await applyState(store, state, {
      peppers: secrets.peppers,
      dryRun,
      prune,
      applied: (change) => report.tell(change),
    });
    if ('faults' in result) {
      process.stderr.write(renderFaults(result.faults));
      process.exitCode = 1;
      return;
    }
    if ('refusal' in result) {
      console.error(`${configFile}: ${result.refusal}`);
      process.exitCode = 1;
      return;
    }
    if (dryRun) for (const change of result.changes) report.tell(change);
    remarks = await remarksOn(store, state, prune);
  } finally {
    for (const signal of SIGNALS) process.off(signal, interrupted);
    report.end(remarks);
    await store.close();
  }
}

async function remarksOn(store: Store, state: State, prune: boolean): Promise<Remarks> {
  const beside = prune ? undefined : await besideState(store, state);
  return {
    beside: beside !== undefined && beside.counts.length > 0 ? beside : undefined,
    owners: await unknownOwners(store, state, prune),
  };
}
