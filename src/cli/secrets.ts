import { Command } from 'commander';
import { makeSecrets } from '../config/new-secrets.ts';

/** `fullmakt secrets DIR`: makes the pepper and the signing key of a new installation. */
export function secretsCommand(): Command {
  return new Command('secrets')
    .description('make a pepper and a signing key in a folder, where they are missing')
    .argument('<dir>', 'the folder')
    .action(async (folder: string) => {
      const made = await makeSecrets(folder);
      for (const file of made) console.log(`made ${file}`);
      if (made.length === 0) console.log(`${folder} has a pepper and a signing key: left as they are`);
    });
}
