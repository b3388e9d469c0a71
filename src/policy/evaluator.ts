import { createRequire } from 'node:module';
import type * as opaWasm from '@open-policy-agent/opa-wasm';

// The synchronous loader is missing from the package's ES module, though not from its types.
const { loadPolicySync }: typeof opaWasm = createRequire(import.meta.url)('@open-policy-agent/opa-wasm');

/** Why there is no answer; for the log, never for a caller. */
export interface PolicyFault {
  readonly fault: string;
}

const PAGE_BYTES = 65_536;
/** A policy that wants more has a fault. */
const MAX_PAGES = 4_096;
/** Wasm memory never shrinks: an instance that has grown by more than this is let go. */
const MAX_GROWTH_BYTES = 16 * 1024 * 1024;
const MAX_REASON_LENGTH = 300;

/** What opa-wasm calls in a policy's module; it prints to the console if the version is not there. */
const EXPORTS = [
  'builtins',
  'entrypoints',
  'opa_eval',
  'opa_heap_ptr_get',
  'opa_heap_ptr_set',
  'opa_json_dump',
  'opa_json_parse',
  'opa_malloc',
  'opa_wasm_abi_minor_version',
  'opa_wasm_abi_version',
];

/**
 * The built-in functions that opa-wasm brings; all others are compiled into the module. Its capabilities.json
 * promises two more (rand.intn, time.diff), which would fail when called.
 */
export const HOST_FUNCTIONS: ReadonlySet<string> = new Set([
  'json.is_valid',
  'regex.split',
  'sprintf',
  'yaml.is_valid',
  'yaml.marshal',
  'yaml.unmarshal',
]);

const ENTRYPOINTS = ['fullmakt/request', 'fullmakt/items'] as const;
export type Entrypoint = (typeof ENTRYPOINTS)[number];

type ResultSet = readonly { readonly result: unknown }[];

interface Instance {
  readonly policy: opaWasm.LoadedPolicy;
  /** More memory than this, and it is let go. */
  readonly maxBytes: number;
}

/**
 * The edge to @open-policy-agent/opa-wasm: whatever it throws becomes a fault, and whatever a throw may have
 * left behind in the Wasm instance is gone before the next evaluation.
 */
export class Evaluator {
  readonly #module: WebAssembly.Module;
  readonly #initialPages: number;
  readonly #data: ArrayBuffer;
  #ids: Readonly<Record<string, number>> = {};
  #instance: Instance | undefined;

  private constructor(module: WebAssembly.Module, wasmBytes: number, data: ArrayBuffer) {
    this.#module = module;
    // A module demands room for its constants, which opa-wasm's default of 5 pages may lack.
    this.#initialPages = Math.ceil(wasmBytes / PAGE_BYTES) + 5;
    this.#data = data;
  }

  /**
   * @param wasm a policy compiled by OPA
   * @param data JSON text of an object, the policy's `data`
   */
  static async load(
    wasm: Uint8Array<ArrayBuffer>,
    data: Uint8Array<ArrayBuffer>,
  ): Promise<Evaluator | PolicyFault> {
    let module: WebAssembly.Module;
    try {
      module = await WebAssembly.compile(wasm);
    } catch {
      return { fault: 'the policy is not WebAssembly' };
    }
    const exported = new Set(WebAssembly.Module.exports(module).map(({ name }) => name));
    if (!EXPORTS.every((name) => exported.has(name))) return { fault: 'the policy was not compiled by OPA' };
    const evaluator = new Evaluator(module, wasm.byteLength, Uint8Array.from(data).buffer);
    return evaluator.#start() ?? evaluator;
  }

  /**
   * Evaluates one entrypoint.
   *
   * @param input must be data that JSON can hold
   * @returns its value, or a fault if it is undefined or the evaluation failed
   */
  evaluate(entrypoint: Entrypoint, input: object): { readonly value: unknown } | PolicyFault {
    try {
      const instance = this.#instance ?? this.#instantiate();
      // Not to be used again once it has thrown or grown too large.
      this.#instance = undefined;
      const text = new TextEncoder().encode(JSON.stringify(input)).buffer;
      // One object with the entrypoint's value, or none if it is undefined.
      const [result]: ResultSet = instance.policy.evaluate(text, this.#ids[entrypoint]);
      if (instance.policy.mem.buffer.byteLength <= instance.maxBytes) this.#instance = instance;
      return result === undefined ? { fault: `${entrypoint} is undefined` } : { value: result.result };
    } catch (thrown) {
      return { fault: `${entrypoint} failed: ${reasonOf(thrown)}` };
    }
  }

  #start(): PolicyFault | undefined {
    try {
      const instance = this.#instantiate();
      const missing = hostFunctionsOf(instance.policy).filter((name) => !HOST_FUNCTIONS.has(name));
      if (missing.length > 0) return { fault: `the policy calls what we do not have: ${missing.join(', ')}` };
      this.#ids = instance.policy.entrypoints;
      this.#instance = instance;
    } catch (thrown) {
      return { fault: `the policy does not load: ${reasonOf(thrown)}` };
    }
    const unknown = ENTRYPOINTS.filter((entrypoint) => !Object.hasOwn(this.#ids, entrypoint));
    return unknown.length > 0 ? { fault: `the policy has no entrypoint ${unknown.join(', ')}` } : undefined;
  }

  #instantiate(): Instance {
    const policy = loadPolicySync(this.#module, { initial: this.#initialPages, maximum: MAX_PAGES });
    policy.setData(this.#data);
    return { policy, maxBytes: policy.mem.buffer.byteLength + MAX_GROWTH_BYTES };
  }
}

interface PolicyExports {
  /** Address of an object: name → id. */
  builtins(this: void): number;
  /** From the address of a value to that of its JSON text, which ends in a zero byte. */
  opa_json_dump(this: void, value: number): number;
}

/** The built-in functions that a policy calls of its host. */
function hostFunctionsOf(policy: opaWasm.LoadedPolicy): string[] {
  const { builtins, opa_json_dump: dump }: PolicyExports = policy.wasmInstance.exports;
  const start = dump(builtins());
  const memory = new Uint8Array(policy.mem.buffer);
  const ids: Readonly<Record<string, number>> = JSON.parse(
    new TextDecoder().decode(memory.subarray(start, memory.indexOf(0, start))),
  );
  return Object.keys(ids);
}

/**
 * OPA aborts by a thrown string (a place in the policy and what went wrong there); V8's own messages of traps
 * are fixed texts. Those of built-in functions may quote the input, which has no place in a log.
 */
function reasonOf(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown.slice(0, MAX_REASON_LENGTH);
  if (thrown instanceof RangeError) return thrown.message.slice(0, MAX_REASON_LENGTH);
  return thrown instanceof Error ? `${thrown.constructor.name} in the policy` : 'an unknown fault';
}
