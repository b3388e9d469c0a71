import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { makeSubscriptionKey } from '../grants/subscription-key.ts';

/** The demo's keys, by what each of them shows: whose subscription it is, and to which API product. */
export const CALLERS = {
  wholesaler: { email: 'api@wholesaler.no', apiProduct: 'my-products' },
  distributor: { email: 'api@distributor.no', apiProduct: 'my-products' },
  stranger: { email: 'api@stranger.no', apiProduct: 'my-products' },
  /** With which the wholesaler says who else may see its data. */
  wholesalerAuth: { email: 'api@wholesaler.no', apiProduct: 'auth' },
} as const;

const factsSchema = z.object({
  sidecar: z.string(),
  admin: z.string(),
  management: z.string(),
  keys: z.object({
    wholesaler: z.string(),
    distributor: z.string(),
    stranger: z.string(),
    wholesalerAuth: z.string(),
  }),
});

/** What a person or a script needs to play with the demo: addresses, and each caller's key. */
export type DemoFacts = z.infer<typeof factsSchema>;

function makeKey(): string {
  return makeSubscriptionKey().reveal();
}

/** The keys of an earlier start of this folder, or new ones of 256 random bits. */
export async function readOrMakeKeys(file: string): Promise<DemoFacts['keys']> {
  try {
    return factsSchema.parse(JSON.parse(await readFile(file, 'utf8'))).keys;
  } catch {
    // Not there, or not ours: the seed below gives the callers whatever keys this start has.
    return {
      wholesaler: makeKey(),
      distributor: makeKey(),
      stranger: makeKey(),
      wholesalerAuth: makeKey(),
    };
  }
}

/** Writes the facts for scripts to read. They hold keys, so only the folder's owner may read them. */
export async function writeFacts(file: string, facts: DemoFacts): Promise<void> {
  await writeFile(file, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 });
}
