import type { Refusal } from '../refusals.ts';
import type { LinkContext } from './link.ts';
import { emptyListHeaders, type UpstreamHeaders } from './response-headers.ts';
import type { RewritePlan } from './rewrite-plan.ts';
import { notFound } from './verdict.ts';
import type { WholeAnswer } from './whole-answer.ts';

/**
 * What is sent in the place of an answer in which nothing was kept; undefined: that answer as it is, which its
 * envelope makes differ from other empty ones.
 */
export function nothingKept(
  plan: RewritePlan,
  upstream: UpstreamHeaders,
  context: LinkContext,
): WholeAnswer | Refusal | undefined {
  if (plan.single) return notFound();
  const replaced = plan.emptiesAlike || plan.response.whenEmpty !== 200;
  return replaced ? emptyList(plan, upstream, context) : undefined;
}

/** The one answer for a list with nothing in it: the upstream's was empty, absent, or somebody else's. */
export function emptyList(
  { response, emptyList }: RewritePlan,
  upstream: UpstreamHeaders,
  context: LinkContext,
): WholeAnswer | Refusal {
  if (response.whenEmpty === 404) return notFound();
  const headers = emptyListHeaders(upstream, context);
  if (response.whenEmpty === 200) return { status: 200, headers, body: emptyList };
  const { 'content-type': _, ...bodiless } = headers;
  return { status: 204, headers: bodiless, body: Buffer.alloc(0) };
}
