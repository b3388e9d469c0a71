import { spawn } from 'node:child_process';
import { type FileHandle, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
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
  const { input, output } = await openFiles(request);
  try {
    await runProcess(input, output, timeLimit);
    // From the start: the position is the process's too, and that is where it stopped writing.
    return await text(output.createReadStream({ start: 0, autoClose: false }));
  } finally {
    await Promise.all([input.close(), output.close()]);
  }
}

/**
 * Files to read the request from and to write the answer to. Not pipes: node:wasi fails with EAGAIN on one that is
 * empty or full for a moment.
 */
async function openFiles(request: string): Promise<{ input: FileHandle; output: FileHandle }> {
  const folder = await mkdtemp(join(tmpdir(), 'fullmakt-policy-'));
  try {
    await writeFile(join(folder, 'request.json'), request);
    const input = await open(join(folder, 'request.json'), 'r');
    return { input, output: await open(join(folder, 'answer.json'), 'wx+') };
  } finally {
    // Open files outlive their names, so that nothing is left behind however this process ends.
    await rm(folder, { recursive: true });
  }
}

async function runProcess(input: FileHandle, output: FileHandle, timeLimit: number): Promise<void> {
  // No environment: NODE_OPTIONS is not meant for this process, and secrets are nothing to it.
  const child = spawn(process.execPath, [...FLAGS, PROCESS], {
    env: {},
    stdio: [input.fd, output.fd, 'pipe'],
  });
  const complaints = child.stderr === null ? '' : text(child.stderr);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill('SIGKILL');
  }, timeLimit);
  const ended = new Promise<string>((resolve, reject) => {
    child.on('error', (error) => {
      reject(new Error(`the Rego compiler cannot be started: ${error.message}`));
    });
    child.on('close', (status, signal) => {
      resolve(signal === null ? `status ${status}` : `signal ${signal}`);
    });
  });
  try {
    const [complaint, end] = await Promise.all([complaints, ended]);
    if (late) throw new Error(`the Rego compiler took longer than ${timeLimit / 1000} s and was ended`);
    if (end !== 'status 0') throw new Error(`the Rego compiler ended with ${end}${cause(complaint)}`);
  } finally {
    clearTimeout(timer);
  }
}

/** The line that names the fault: Node prints its source before an error's line, Go a panic's first. */
function cause(complaint: string): string {
  const lines = complaint.split('\n').filter((line) => line.trim() !== '');
  const line = lines.find((candidate) => /^(?:\w*Error\b|panic:|fatal error:)/.test(candidate)) ?? lines[0];
  return line === undefined ? '' : `: ${line}`;
}
