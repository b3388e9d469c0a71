import type { DemoFacts } from './facts.ts';

/** What `fullmakt dev` prints when all of it listens: one line to paste for each caller. */
export function banner(facts: DemoFacts, backend: string, header: string): string {
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
Edit policies/ and start again to change the rules. Ctrl+C ends the demo.
`;
}
