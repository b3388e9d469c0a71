import { Command } from 'commander';
import { renderFaults } from '../config/file-fault.ts';
import { CONFIG_FILE, FAULTY_CONFIGURATION } from './configuration.ts';
import { counted } from './counted.ts';
import { loadWithPolicy } from './load-with-policy.ts';

/** `fullmakt check`: tells whether a sidecar would start with this configuration, and all that it would not with. */
export function checkCommand(): Command {
  return new Command('check')
    .description('check the configuration and its policy')
    .option('--config <file>', 'the configuration', CONFIG_FILE)
    .action(async ({ config: file }: { config: string }) => {
      const loaded = await loadWithPolicy(file);
      if ('faults' in loaded) {
        process.stderr.write(renderFaults(loaded.faults));
        process.exitCode = FAULTY_CONFIGURATION;
        return;
      }
      const { config, policy } = loaded;
      const routes = counted(config.routes.length, 'route');
      const upstreams = counted(config.upstreams.length, 'upstream');
      console.log(
        `${file}: ${routes}, ${upstreams}, policy ${policy.revision || 'without a revision'}: good`,
      );
    });
}
