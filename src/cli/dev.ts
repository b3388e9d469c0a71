import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, InvalidArgumentError } from 'commander';
import type { Config } from '../config/config.ts';
import { renderFaults } from '../config/file-fault.ts';
import { loadConfig } from '../config/load-config.ts';
import { makeFolder } from '../config/make-folder.ts';
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
  await writing(dataFolder, () => makeSecrets(dataFolder));
  const loaded = await loadConfig(file, { dataFolder });
  if ('faults' in loaded) {
    process.stderr.write(renderFaults(loaded.faults));
    process.exitCode = FAULTY_CONFIGURATION;
    return;
  }
  const ports = portsFrom(options.port);
  const config = moveTo(ports, loaded.config);
  const policies = policiesFor(file);
  const policy = await compilePolicy(config, policies);
  if (policy === undefined) {
    process.exitCode = 1;
    return;
  }
  const logFile = join(options.data, 'fullmakt.log');
  const log = createLog({ to: logFile });
  const backend = { host: '127.0.0.1', port: ports.backend };
  const demo = await startDemo({ config, policy, log, dataFolder, backend }).catch(adviseOnPorts);
  const { header } = config.subscriptionKey;
  console.log(banner(demo.facts, { backend: demo.backend, header, policies, logFile }));
  await endOfProcess();
  await demo.close();
}

function adviseOnPorts(error: Error): never {
  if (!error.message.endsWith('is in use')) throw error;
  throw new Error(`${error.message}: --port N moves the demo to N, N+1, N+2 and N+10`, { cause: error });
}

/** What the demo keeps must be written; who may not write there wants to know where. */
async function writing<T>(place: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new Error(`cannot write to ${place} (${code})`, { cause: error });
  }
}

/** The folder of rules: here, beside the configuration, or the package's own. */
function policiesFor(configFile: string): string {
  const folders = ['policies', join(dirname(configFile), 'policies')];
  return folders.find((folder) => existsSync(folder)) ?? join(PACKAGE, 'policies');
}

/** Compiles the rules into the bundle's place. */
async function compilePolicy(config: Config, policies: string): Promise<Policy | undefined> {
  const compiled = await compilePolicies(policies);
  if ('faults' in compiled) {
    for (const fault of compiled.faults) console.error(renderPolicyFault(fault));
    return undefined;
  }
  await writing(config.policy, async () => {
    await makeFolder(dirname(config.policy));
    await writeFile(config.policy, compiled.bundle);
  });
  const bundle = await parseBundle(compiled.bundle);
  if ('fault' in bundle) throw new Error(bundle.fault);
  const policy = await Policy.load(bundle);
  if ('fault' in policy) throw new Error(policy.fault);
  return policy;
}
