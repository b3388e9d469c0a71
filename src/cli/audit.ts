import { once } from 'node:events';
import { Command, InvalidArgumentError } from 'commander';
import { renderFaults } from '../config/file-fault.ts';
import { loadConfig } from '../config/load-config.ts';
import { auditIdAt, readAudit } from '../grants/audit.ts';
import { openStore } from '../store/open-store.ts';
import { CONFIG_FILE, FAULTY_CONFIGURATION } from './configuration.ts';

/** Events that are read in one call. */
const BATCH = 1000;

interface Options {
  readonly config: string;
  readonly from?: number;
  readonly after?: string;
}

/** `fullmakt audit export`: the account of all changes, to standard output. */
export function auditCommand(): Command {
  const exporting = new Command('export')
    .description('write every event as a line of JSON, the oldest first')
    .option('--from <time>', 'only what was changed then or later, such as 2026-05-01T00:00:00Z', readTime)
    .option('--after <id>', 'only what comes after that event: go on where an export ended')
    .option('--config <file>', 'the configuration', CONFIG_FILE)
    .action(write);
  return new Command('audit').description('who changed what').addCommand(exporting);
}

function readTime(text: string): number {
  const time = /^\d{4}-\d{2}-\d{2}(?:T.+(?:Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN;
  if (time >= 0) return time;
  throw new InvalidArgumentError('It is no time such as 2026-05-01T00:00:00Z.');
}

async function write({ config: configFile, from, after }: Options): Promise<void> {
  const loaded = await loadConfig(configFile);
  if ('faults' in loaded) {
    process.stderr.write(renderFaults(loaded.faults));
    process.exitCode = FAULTY_CONFIGURATION;
    return;
  }
  const { store: location, admin } = loaded.config;
  const store = await openStore(location, { durability: admin.durability });
  try {
    let start = after ?? (from === undefined ? undefined : auditIdAt(from));
    do {
      const page = start === undefined ? { limit: BATCH } : { limit: BATCH, after: start };
      const { events, next } = await readAudit(store, page);
      const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');
      if (!process.stdout.write(lines)) await once(process.stdout, 'drain');
      start = next;
    } while (start !== undefined);
  } finally {
    await store.close();
  }
}
