// The process that runs the Rego compiler: its request on standard input, its answer on standard output. It ends
// when it has answered, and gives back the 200 MB that the compiler takes. The Wasm sees these two files and
// standard error: no folder and no environment.
import { WASI } from 'node:wasi';
import { regoCompilerWasm } from './compiler-program.ts';

const wasi = new WASI({
  version: 'preview1',
  args: ['rego-compiler'],
  env: {},
  preopens: {},
  returnOnExit: true,
});
const module = await WebAssembly.compile(await regoCompilerWasm());
process.exitCode = wasi.start(await WebAssembly.instantiate(module, wasi.getImportObject()));
