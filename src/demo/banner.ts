import type { DemoFacts } from './facts.ts';

/** What else the banner tells. */
interface Surroundings {
  /** The legacy API's address. */
  readonly backend: string;
  /** The header that a key is sent in. */
  readonly header: string;
  /** The folder of the rules. */
  readonly policies: string;
  readonly logFile: string;
}

/** What `fullmakt dev` prints when all of it listens: one line to paste for each caller. */
export function banner(facts: DemoFacts, { backend, header, policies, logFile }: Surroundings): string {
  const list = '/my-products/v0/stock-per-store';
  const curl = (key: string) => `    curl -H '${header}: ${key}' ${facts.sidecar}${list}`;
  return `
Fullmakt protects ${backend}, a legacy API that gives everything to anybody:
    curl ${backend}${list}

Through the sidecar, each caller gets what is its own or was granted to it. Paste a line:
  wholesaler 10001, the owner: its six products
${curl(facts.keys.wholesaler)}
  the distributor: the four of them that it moves, as 10001 granted
${curl(facts.keys.distributor)}
  a stranger with a key: nothing
${curl(facts.keys.stranger)}

Sidecar ${facts.sidecar}, admin ${facts.admin}, management ${facts.management}
The rules: ${policies} (a folder ./policies comes first). Change them and start again.
The log of every decision: ${logFile}. Ctrl+C ends the demo.
`;
}
