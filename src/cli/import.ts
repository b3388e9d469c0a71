import { Command } from 'commander';
import { renderFaults } from '../config/file-fault.ts';
import { loadConfig } from '../config/load-config.ts';
import { readApimAnswers } from '../grants/apim/answers.ts';
import { stateOfApim } from '../grants/apim/state.ts';
import { applyState } from '../grants/apply.ts';
import { openStore } from '../store/open-store.ts';
import { ApplyReport } from './apply-report.ts';
import { CONFIG_FILE, FAULTY_CONFIGURATION } from './configuration.ts';

interface Options {
  readonly config: string;
  readonly dryRun?: boolean;
}

/** `fullmakt import`: takes over what another system has. */
export function importCommand(): Command {
  const apim = new Command('apim')
    .description('take over users, API products and subscriptions with their keys from Azure API Management')
    .argument('<file...>', 'answers of its management API, saved; those of listSecrets as SUBSCRIPTION.json')
    .option('--dry-run', 'tell what would change, and change nothing')
    .option('--config <file>', 'the configuration', CONFIG_FILE)
    .action(importApim);
  return new Command('import').description('take over what another system has').addCommand(apim);
}

async function importApim(files: readonly string[], options: Options): Promise<void> {
  const { config: configFile, dryRun = false } = options;
  const loaded = await loadConfig(configFile);
  if ('faults' in loaded) {
    process.stderr.write(renderFaults(loaded.faults));
    process.exitCode = FAULTY_CONFIGURATION;
    return;
  }
  const { store: location, admin, secrets } = loaded.config;
  const answers = await readApimAnswers(files);
  const store = await openStore(location, { durability: admin.durability });
  const report = new ApplyReport({ verbose: false, dryRun });
  try {
    const { state, leftOut } = await stateOfApim(answers, store);
    for (const line of leftOut) console.error(`! ${line}`);
    for (const file of answers.continued)
      console.error(`note: ${file} has a nextLink: pass the next page too`);
    const result = await applyState(store, state, {
      peppers: secrets.peppers,
      origin: { actor: { kind: 'system', name: 'import' }, route: 'import' },
      dryRun,
      applied: (change) => report.tell(change),
    });
    if ('faults' in result) {
      process.stderr.write(renderFaults(result.faults));
      process.exitCode = 1;
    } else if ('refusal' in result) {
      console.error(`${configFile}: ${result.refusal}`);
      process.exitCode = 1;
    } else {
      if (dryRun) for (const change of result.changes) report.tell(change);
      report.end({ beside: undefined, owners: { products: 0, owners: [] } });
    }
  } finally {
    await store.close();
  }
}
