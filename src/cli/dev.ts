import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import type { Config } from '../config/config.ts';
import { renderFaults } from '../config/file-fault.ts';
import { loadConfig } from '../config/load-config.ts';
import { makeSecrets } from '../config/new-secrets.ts';
import { banner } from '../demo/banner.ts';
import { startDemo } from '../demo/demo.ts';
import { moveTo, portsFrom } from '../demo/ports.ts';
import { parseBundle } from '../policy/bundle.ts';
import { compilePolicies } from '../policy/compiler.ts';
import { renderPolicyFault } from '../policy/compiler-fault.ts';
import { Policy } from '../policy/engine.ts';
import { createLog } from '../telemetry/log.ts';
import { CONFIG_FILE, FAULTY_CONFIGURATION } from './configuration.ts';
import { endOfProcess } from './end-of-process.ts';

const PACKAGE = fileURLToPath(new URL('../../', import.meta.url));

interface DevOptions {
  readonly config?: string;
  readonly data: string;
  readonly port: number;
}

/** `fullmakt dev`: sidecar, admin and demo backend in one process. */
export function devCommand(): Command {
  return new Command('dev')
    .description('run sidecar and admin in one process, before a demo backend')
    .option('--config <file>', `the configuration (${CONFIG_FILE} if it is there, else the package's own)`)
    .option('--data <dir>', 'the folder for store, keys and log', '.fullmakt')
    .option(
      '--port <n>',
      'the sidecar; admin, management and backend come 1, 2 and 10 after it',
      toPort,
      8080,
    )
    .action(dev);
}

function toPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port <= 65_525) return port;
  throw new InvalidArgumentError('It must be from 1 to 65525.');
}

async function dev(options: DevOptions): Promise<void> {
  const dataFolder = resolve(options.data);
  const file = options.config ?? (existsSync(CONFIG_FILE) ? CONFIG_FILE : join(PACKAGE, CONFIG_FILE));
  await prepareFolder(dataFolder);
  const loaded = await loadConfig(file, { dataFolder });
  if ('faults' in loaded) {
    process.stderr.write(renderFaults(loaded.faults));
    process.exitCode = FAULTY_CONFIGURATION;
    return;
  }
  const ports = portsFrom(options.port);
  const config = moveTo(ports, loaded.config);
  const policy = await compilePolicy(config, file);
  if (policy === undefined) {
    process.exitCode = 1;
    return;
  }
  const log = createLog({ to: join(dataFolder, 'fullmakt.log') });
  const backend = { host: '127.0.0.1', port: ports.backend };
  const demo = await startDemo({ config, policy, log, dataFolder, backend });
  console.log(banner(demo.facts, demo.backend, config.subscriptionKey.header));
  await endOfProcess();
  await demo.close();
}

async function prepareFolder(folder: string): Promise<void> {
  try {
    await makeSecrets(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Error(`cannot write to ${folder} (${code})`, { cause: error });
  }
}

/** Compiles the `policies` folder beside the configuration, else the package's own, into the bundle's place. */
async function compilePolicy(config: Config, configFile: string): Promise<Policy | undefined> {
  const beside = join(dirname(configFile), 'policies');
  const compiled = await compilePolicies(existsSync(beside) ? beside : join(PACKAGE, 'policies'));
  if ('faults' in compiled) {
    for (const fault of compiled.faults) console.error(renderPolicyFault(fault));
    return undefined;
  }
  await mkdir(dirname(config.policy), { recursive: true });
  await writeFile(config.policy, compiled.bundle);
  const bundle = await parseBundle(compiled.bundle);
  if ('fault' in bundle) throw new Error(bundle.fault);
  const policy = await Policy.load(bundle);
  if ('fault' in policy) throw new Error(policy.fault);
  return policy;
}
