import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { regoCompilerManifest } from '../policy/compiler-program.ts';
import { adminCommand } from './admin.ts';
import { applyCommand } from './apply.ts';
import { auditCommand } from './audit.ts';
import { checkCommand } from './check.ts';
import { conformanceCommand } from './conformance.ts';
import { demoBackendCommand } from './demo-backend.ts';
import { devCommand } from './dev.ts';
import { exportCommand } from './export.ts';
import { importCommand } from './import.ts';
import { operatorTokenCommand } from './operator-token.ts';
import { policyCommand } from './policy.ts';
import { secretsCommand } from './secrets.ts';
import { sidecarCommand } from './sidecar.ts';

async function version(): Promise<string> {
  const own: { version: string } = JSON.parse(
    await readFile(new URL('../../package.json', import.meta.url), 'utf8'),
  );
  const { opaVersion } = await regoCompilerManifest();
  return `fullmakt ${own.version} (OPA ${opaVersion})`;
}

const program = new Command('fullmakt')
  .description('An authorization sidecar for APIs that know nothing of ownership')
  .version(await version())
  .addCommand(devCommand())
  .addCommand(sidecarCommand())
  .addCommand(adminCommand())
  .addCommand(checkCommand())
  .addCommand(applyCommand())
  .addCommand(exportCommand())
  .addCommand(importCommand())
  .addCommand(auditCommand())
  .addCommand(policyCommand())
  .addCommand(secretsCommand())
  .addCommand(operatorTokenCommand())
  .addCommand(demoBackendCommand())
  .addCommand(conformanceCommand());

try {
  await program.parseAsync();
} catch (error) {
  // What is thrown here is meant for a person: one line, no stack.
  console.error(`fullmakt: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
