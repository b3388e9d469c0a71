/** What the policy engine and compiler use of the WebAssembly JavaScript API; TypeScript has it only among the DOM's types. */
declare namespace WebAssembly {
  class Module {
    private constructor();
    static exports(module: Module): { name: string; kind: string }[];
  }
  class Memory {
    constructor(descriptor: MemoryDescriptor);
    readonly buffer: ArrayBuffer;
  }
  interface MemoryDescriptor {
    initial: number;
    maximum?: number;
  }
  function compile(bytes: Uint8Array<ArrayBuffer>): Promise<Module>;
  function instantiate(module: Module, imports: object): Promise<object>;
}
