import type { IncomingMessage } from 'node:http';
import type { Catalog } from '../../catalog/catalog.ts';
import { ItemFilter } from '../../json/item-filter.ts';
import type { ItemSelection } from '../../model/route.ts';
import type { AllowedRequest } from '../authorize.ts';
import { type Refusal, refuse } from '../refusals.ts';
import { isUtf8Json } from '../rewrite/media-type.ts';
import { policyFailed, rightsChanged } from '../rewrite/verdict.ts';
import { tupleSelectors, Visibility } from '../visibility.ts';
import { type Refused, refusedFor } from './outcome.ts';
import { hasTwinKeys } from './twin-keys.ts';

/**
 * Reads a body whose items must be checked before any of it goes on.
 * @param maxBytes of the body
 * @returns the body as it came; `body_too_large` or `media_type_unsupported`; undefined where the client has gone
 */
export async function readJsonBody(
  incoming: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | Refusal | undefined> {
  const { headers } = incoming;
  const coding = headers['content-encoding'];
  if (!isUtf8Json(headers['content-type']) || (coding !== undefined && coding.toLowerCase() !== 'identity'))
    return refuse('media_type_unsupported', 'The request body must be JSON in UTF-8, not compressed.');
  const tooLarge = refuse('body_too_large', `The request body may have ${maxBytes} bytes at most.`);
  if (Number(headers['content-length'] ?? 0) > maxBytes) return tooLarge;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let length = 0;
    incoming.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) chunks.push(chunk);
      // The rest is read by whoever answers, as long as it likes.
      else resolve(tooLarge);
    });
    incoming.once('end', () => resolve(Buffer.concat(chunks)));
    incoming.once('close', () => resolve(undefined));
  });
}

/**
 * Whether a request may go on: it has items, its caller may see every one of them, and there is nothing beside
 * them that nobody has looked at.
 * @returns undefined if it may; else `denied`, `body_malformed`, `policy_failed` or `store_stale`
 */
export function checkItems(
  body: Buffer,
  allowed: AllowedRequest,
  { items, source }: ItemSelection,
  catalog: Catalog,
): Refused | undefined {
  const visibility = new Visibility(allowed, source, catalog);
  const { maxItemBytes } = allowed.request.route.upstream;
  const attributes = tupleSelectors(source);
  const filter = new ItemFilter(
    { items, attributes, keep: [], prune: false, maxItemBytes },
    visibility.decide,
  );
  const written = filter.write(body);
  const ended = 'fault' in written ? written : filter.end();
  if (visibility.policyFault !== undefined) return refusedFor(policyFailed(), visibility.policyFault.fault);
  if ('fault' in ended) {
    const malformed = refuse('body_malformed', 'The request body is not the JSON that the route takes.');
    return refusedFor(malformed, ended.message);
  }
  const { kept, hidden, removedMembers } = filter.counts;
  if (hidden > 0) return denied('The request names something that you may not change.');
  if (kept === 0) return denied('The request names nothing to change.');
  if (removedMembers > 0) return denied('The request holds more than the route takes.');
  if (hasTwinKeys(body, items, attributes))
    return denied('The request names something in two ways that differ by upper and lower case only.');
  // The body may have taken its time since its head came, by which the caller was let in.
  if (!visibility.isCurrent(Date.now())) return refusedFor(rightsChanged(), undefined);
  return undefined;
}

function denied(detail: string): Refused {
  return { kind: 'refused', refusal: refuse('denied', detail) };
}
