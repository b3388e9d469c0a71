import { createHash, randomBytes } from 'node:crypto';
import { Command } from 'commander';

/** `fullmakt operator-token NAME`: makes a token for `/manage/v1`, and what the configuration says of it. */
export function operatorTokenCommand(): Command {
  return new Command('operator-token')
    .description('make a token for the management API, and tell what to write in the configuration')
    .argument('<name>', 'who it is for: the audit tells it')
    .action((name: string) => {
      const token = randomBytes(32).toString('base64url');
      const sha256 = createHash('sha256').update(token).digest('hex');
      console.log(`The token, which is shown this once and kept nowhere:\n  ${token}`);
      console.log('In fullmakt.yaml, under admin.operatorTokens:');
      console.log(`  - { name: ${JSON.stringify(name)}, sha256: ${JSON.stringify(sha256)} }`);
    });
}
