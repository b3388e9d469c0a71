import { spawn } from 'node:child_process';
import { extname } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** The process's main file: TypeScript in the checkout, JavaScript in the package. */
const PROCESS = fileURLToPath(new URL(`./compiler-process${extname(import.meta.url)}`, import.meta.url));

/**
 * Only V8's baseline compiler: optimizing a program this large while it runs for a third of a second costs more
 * time and half as much memory again. WASI is experimental in Node, which it would say on standard error.
 */
const FLAGS = ['--liftoff-only', '--disable-warning=ExperimentalWarning'];

/**
 * Runs the Rego compiler on one request, in a process of its own.
 *
 * @param request what rego-compiler/main.go reads, as JSON text
 * @param timeLimit in milliseconds; a process that takes longer is ended
 * @returns its answer, as JSON text
 * @throws Error that says in one line what became of the process, if it did not answer
 */
export async function runRegoCompiler(request: string, timeLimit: number): Promise<string> {
  // No environment: NODE_OPTIONS is not meant for this process, and secrets are nothing to it.
  const child = spawn(process.execPath, [...FLAGS, PROCESS], { env: {}, stdio: 'pipe' });
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', (error) => {
      reject(new Error(`the Rego compiler cannot be started: ${error.message}`));
    });
    child.on('close', (status, signal) => {
      resolve(signal === null ? `status ${status}` : `signal ${signal}`);
    });
  });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeLimit);
  // A process that dies before it has read everything breaks the pipe; how it ended tells more.
  child.stdin.on('error', () => undefined);
  child.stdin.end(request);
  try {
    const [answer, complaint, end] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    if (late) throw new Error(`the Rego compiler took longer than ${timeLimit / 1000} s and was ended`);
    if (end !== 'status 0') throw new Error(`the Rego compiler ended with ${end}${cause(complaint)}`);
    return answer;
  } finally {
    clearTimeout(timer);
  }
}

/** The line that names the fault: Node prints its source before an error's line, Go a panic's first. */
function cause(complaint: string): string {
  const lines = complaint.split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((line) => /^(?:\w*Error\b|panic:|fatal error:)/.test(line)) ?? lines[0];
  return line === undefined ? '' : `: ${line}`;
}
