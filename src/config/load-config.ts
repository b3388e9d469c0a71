import { dirname, join, resolve } from 'node:path';
import type { Config } from './config.ts';
import { type FileFault, inFileOrder } from './file-fault.ts';
import { type Interpolated, interpolate } from './interpolation.ts';
import { member, read } from './raw-value.ts';
import { type Part, ReferencedFiles } from './referenced-files.ts';
import { resolveConfig } from './resolve-config.ts';
import { checkRoutes } from './route-rules.ts';
import { checkTop, type Report } from './rules.ts';
import { BundleFile, ConfigFile, SECRET_NAMES } from './schema.ts';
import { checkSchema } from './schema-issues.ts';
import { checkTls } from './tls-rules.ts';
import { readYamlFile, YamlFile, type YamlPath } from './yaml-file.ts';

/** The folder that the program keeps its own files in, beside the configuration unless told otherwise. */
const DATA_FOLDER = '.fullmakt/';

export interface LoadOptions {
  /** Where `${NAME}` is looked up; the process's own environment if left out. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Stands in for `.fullmakt` in every path of the file that begins with it. */
  readonly dataFolder?: string;
  /** Whose files (certificates, keys) are looked into, so that their faults are told with the others; none if left out. */
  readonly part?: Part;
  /** Tries the bundle that the file names, so that its fault is told with the others; undefined: it is good. */
  readonly checkPolicy?: (bundleFile: string) => Promise<string | undefined>;
}

/** Reads `fullmakt.yaml`, and gives what it says or everything that is wrong with it, in the file's order. */
export async function loadConfig(
  file: string,
  options: LoadOptions = {},
): Promise<{ readonly config: Config } | { readonly faults: readonly FileFault[] }> {
  const yaml = await readYamlFile(file, SECRET_NAMES);
  if (!(yaml instanceof YamlFile)) return yaml;
  const resolvePath = (written: string): string =>
    options.dataFolder !== undefined && written.startsWith(DATA_FOLDER)
      ? join(options.dataFolder, written.slice(DATA_FOLDER.length))
      : resolve(dirname(file), written);
  const environment = options.environment ?? process.env;
  const filledIn = await interpolate(yaml.value, { environment, resolvePath });
  const faults = [...yaml.faults];
  const report = reporter(yaml, filledIn, faults);
  const checked = checkSchema(ConfigFile, filledIn.value);
  if ('issues' in checked) for (const { path, message, part } of checked.issues) report(path, message, part);
  checkTop(filledIn.value, report);
  checkTls(filledIn.value, report);
  checkRoutes(filledIn.value, report, (path) => yaml.fault(path, '').line);
  if (options.part !== undefined)
    new ReferencedFiles(report, resolvePath).check(filledIn.value, options.part);
  const bundleFile = read(BundleFile, member(filledIn.value, 'policy'));
  if (bundleFile !== undefined) {
    const fault = await options.checkPolicy?.(resolvePath(bundleFile));
    if (fault !== undefined) report(['policy'], fault);
  }
  if (faults.length > 0 || 'issues' in checked) return { faults: inFileOrder(faults) };
  return { config: resolveConfig(checked.data, resolvePath) };
}

/** Reports into `faults`: first what could not be put in, then nothing more of the texts that lack it. */
function reporter(yaml: YamlFile, { filled, failed }: Interpolated, faults: FileFault[]): Report {
  for (const { path, message } of failed) faults.push(yaml.fault(path, message));
  return (path, message, part) => {
    if (failed.some((text) => begins(path, text.path))) return;
    const asWritten = !filled.some((text) => begins(path, text));
    faults.push(yaml.fault(path, message, asWritten || part?.key === true ? part : {}));
  };
}

function begins(path: YamlPath, start: YamlPath): boolean {
  return start.every((step, index) => step === path[index]);
}
