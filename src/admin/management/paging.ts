import { z } from 'zod';
import type { Origin } from '../../grants/actor.ts';
import type { Peppers } from '../../grants/subscription-key.ts';
import type { Store } from '../../store/store.ts';
import type { Answer, DeclaredAnswer } from '../api.ts';
import type { Operator } from './operator.ts';

/** What the calls of the management API work with. */
export interface ManagementParts {
  readonly store: Store;
  readonly peppers: Peppers;
  readonly recorded: NonNullable<Origin['recorded']>;
}

/** Where a change comes from that an operator asks for. */
export function originOf({ name }: Operator, { recorded }: ManagementParts): Origin {
  return { actor: { kind: 'operator', name }, route: 'management', recorded };
}

const cursor = z
  .string()
  .regex(/^[\x21-\x7e]{1,512}$/)
  .describe('The `next` of the page before.');

/** Query parameters of a list that comes in pages. */
export const paging = {
  after: cursor.optional(),
  limit: z
    .string()
    .regex(/^(?:[1-9]\d{0,2}|1000)$/, 'must be 1 to 1000')
    .transform(Number)
    .optional()
    .describe('The most rows of a page; 100 if left out.'),
};

export interface PageQuery {
  readonly after?: string | undefined;
  readonly limit?: number | undefined;
}

const LIMIT = 100;

/** What a query of {@link paging} asks the store for: records under a prefix. */
export function pageUnder(prefix: string, { after, limit = LIMIT }: PageQuery) {
  return after === undefined ? { limit } : { limit, after: prefix + after };
}

/** The rows of a page, and what to go on with if there may be more. */
export function pageOf(
  rows: readonly object[],
  keys: readonly string[],
  prefix: string,
  { limit = LIMIT }: PageQuery,
): Answer {
  const next = keys.length < limit ? undefined : keys.at(-1)?.slice(prefix.length);
  return { status: 200, body: { items: rows, ...(next === undefined ? {} : { next }) } };
}

/** How a page of rows is declared. */
export function declaredPage(id: string, row: z.ZodType, example: unknown): DeclaredAnswer {
  const next = z.string().optional().describe('Pass it as `after` for the next page; left out: the last.');
  return {
    description: 'One page, in the order of the ids.',
    schema: z.strictObject({ items: z.array(row), next }).meta({ id }),
    example: { items: [example], next: '10001' },
  };
}

const etag = z
  .string()
  .regex(/^"\d{1,15}"$/, 'must be an ETag that was given: "17"')
  .transform((text) => Number(text.slice(1, -1)));

/** Headers of a call that changes what has a revision. */
export const ifMatch = z.object({
  'if-match': etag.optional().describe('The `ETag` that it had when it was read: refused if it has changed.'),
});

/** `ETag` as an answer's header. */
export function etagOf(revision: number): Readonly<Record<string, string>> {
  return { ETag: `"${revision}"` };
}

/** How the header is declared. */
export const declaredEtag = { ETag: 'Its revision, for `If-Match`.' };
