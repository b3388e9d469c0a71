import type { IncomingMessage } from 'node:http';
import type { Catalog } from '../../catalog/catalog.ts';
import { ItemFilter } from '../../json/item-filter.ts';
import type { ItemSelection, PathProduct } from '../../model/route.ts';
import type { AllowedRequest } from '../authorize.ts';
import { type Refusal, refuse } from '../refusals.ts';
import { isPlainUtf8Json } from '../rewrite/media-type.ts';
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
  // In a patch (RFC 6902, RFC 7396) other things count than the items that are checked.
  if (
    !isPlainUtf8Json(headers['content-type']) ||
    (coding !== undefined && coding.toLowerCase() !== 'identity')
  )
    return refuse(
      'media_type_unsupported',
      'The request body must be application/json in UTF-8, not compressed.',
    );
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
    return denied('The request names something twice, by keys that may be taken for one another.');
  // The body may have taken its time since its head came, by which the caller was let in.
  if (!visibility.isCurrent(Date.now())) return refusedFor(rightsChanged(), undefined);
  return undefined;
}

/**
 * Whether a request may go on whose path names a product: its caller may see that product. What its body says is
 * for the upstream to understand.
 * @returns undefined if it may; else `denied`, whether the product is another's or nobody's, or `policy_failed`
 */
export function checkPathProduct(
  allowed: AllowedRequest,
  { parameter }: PathProduct,
  catalog: Catalog,
): Refused | undefined {
  const visibility = new Visibility(allowed, { kind: 'catalog', productId: [] }, catalog);
  const verdicts = visibility.decide([[allowed.request.parameters[parameter] ?? '']]);
  if (visibility.policyFault !== undefined) return refusedFor(policyFailed(), visibility.policyFault.fault);
  return verdicts?.[0] === true ? undefined : denied('The request names something that you may not change.');
}

function denied(detail: string): Refused {
  return { kind: 'refused', refusal: refuse('denied', detail) };
}
