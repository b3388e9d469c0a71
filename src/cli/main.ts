import { Command } from 'commander';

const program = new Command('fullmakt');
await program.parseAsync();
