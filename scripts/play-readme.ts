// Plays the README's console blocks against a running `npm start`, in one shell, and compares each answer with
// the one printed there. `--write` puts the answers into the README instead.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

interface Step {
  readonly command: string;
  readonly expected: string;
}

const MARK = '\u0001';
const BLOCK = /(?<=```console\n)([\s\S]*?)(?=```)/g;

function stepsOf(block: string): Step[] {
  return block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const end = text.indexOf('\n');
      return { command: text.slice(0, end), expected: text.slice(end + 1) };
    });
}

const readme = readFileSync('README.md', 'utf8');
const steps = [...readme.matchAll(BLOCK)].flatMap(([block]) => stepsOf(block));
const script = steps.map(({ command }) => `${command}\nprintf '${MARK}'`).join('\n');
const { stdout, stderr, status } = spawnSync('bash', ['-u'], {
  input: script,
  encoding: 'utf8',
  timeout: 60_000,
});
if (status !== 0) throw new Error(`the README's commands ended with status ${status}: ${stderr}`);
const answers = stdout
  .split(MARK)
  .slice(0, -1)
  .map((answer) => (answer === '' || answer.endsWith('\n') ? answer : `${answer}\n`));

let failed = 0;
for (const [index, { command, expected }] of steps.entries()) {
  const good = answers[index] === expected;
  if (!good) failed += 1;
  console.log(`${good ? 'ok  ' : 'FAIL'} ${command}`);
  if (!good) console.log(`expected:\n${expected}\ngot:\n${answers[index] ?? 'nothing'}`);
}

if (process.argv.includes('--write')) {
  let next = 0;
  const written = readme.replaceAll(BLOCK, (block) =>
    stepsOf(block)
      .map(({ command }) => `$ ${command}\n${answers[next++] ?? ''}`)
      .join(''),
  );
  writeFileSync('README.md', written);
} else {
  console.log(`${steps.length - failed} of the README's ${steps.length} lines answer as it says`);
  process.exitCode = failed === 0 && steps.length > 0 ? 0 : 1;
}
