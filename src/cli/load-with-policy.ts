import type { Config } from '../config/config.ts';
import type { FileFault } from '../config/file-fault.ts';
import { type LoadOptions, loadConfig } from '../config/load-config.ts';
import { readBundle } from '../policy/bundle.ts';
import { Policy } from '../policy/engine.ts';

/**
 * Reads a configuration and the policy that it names, and gives both or every fault of either. A policy that
 * does not load is a fault of the line that names it.
 */
export async function loadWithPolicy(
  file: string,
  part: LoadOptions['part'] & string = 'all',
): Promise<{ readonly config: Config; readonly policy: Policy } | { readonly faults: readonly FileFault[] }> {
  let policy: Policy | undefined;
  const checkPolicy: LoadOptions['checkPolicy'] = async (bundleFile) => {
    const loaded = await loadPolicy(bundleFile);
    if ('fault' in loaded) return loaded.fault;
    policy = loaded;
    return undefined;
  };
  const loaded = await loadConfig(file, { part, checkPolicy });
  if ('faults' in loaded) return loaded;
  if (policy === undefined) throw new Error('a configuration without a policy was taken for good');
  return { config: loaded.config, policy };
}

async function loadPolicy(bundleFile: string): Promise<Policy | { readonly fault: string }> {
  const bundle = await readBundle(bundleFile);
  if ('fault' in bundle) return bundle;
  const policy = await Policy.load(bundle);
  return 'fault' in policy ? { fault: `${bundleFile}: ${policy.fault}` } : policy;
}
