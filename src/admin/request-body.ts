import type { Request } from 'express';
import type { DeclaredBody } from './api.ts';
import { type AdminProblem, problem } from './problems.ts';

/** Bytes of a request's body, at most. */
const MAX_BODY = 1024 * 1024;

/**
 * The body of a request as JSON would give it, not yet checked.
 *
 * @param declared undefined: the call takes none, and one that comes all the same is refused
 */
export async function readBody(
  request: Request,
  declared: DeclaredBody<unknown> | undefined,
): Promise<{ readonly value: unknown } | AdminProblem> {
  const bytes = await receive(request);
  if (!Buffer.isBuffer(bytes)) return bytes;
  if (declared === undefined) {
    if (bytes.length === 0) return { value: undefined };
    return problem('request_malformed', 'This call takes no body.');
  }
  const csv = declared.csv;
  const type = mediaTypeOf(request);
  const isJson = type === 'application/json' || /^application\/[\w.!#$&^-]+\+json$/.test(type ?? '');
  const isCsv = csv !== undefined && type === 'text/csv';
  if (!isJson && !isCsv) {
    const types = csv === undefined ? 'application/json' : 'application/json or text/csv';
    return problem('media_type_unsupported', `Send the body as ${types}, in UTF-8.`);
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return problem('body_malformed', 'The body is not UTF-8.');
  }
  return isCsv ? csv.read(text) : readJson(text);
}

/** Takes in the body, unless it is too large: the rest of such a one is left where it is. */
async function receive(request: Request): Promise<Buffer | AdminProblem> {
  const tooLarge = problem('body_too_large', 'The body is larger than 1 MB.');
  if (Number(request.headers['content-length']) > MAX_BODY) return tooLarge;
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    // Destroying the request would take the connection, and the answer, with it.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      length += chunk.length;
      if (length > MAX_BODY) return tooLarge;
      chunks.push(chunk);
    }
  } catch {
    return problem('body_malformed', 'The body is shorter than it says.');
  }
  const encoding = request.headers['content-encoding']?.toLowerCase() ?? 'identity';
  return length === 0 || encoding === 'identity'
    ? Buffer.concat(chunks)
    : problem('media_type_unsupported', 'The body must not be compressed.');
}

function readJson(text: string): { readonly value: unknown } | AdminProblem {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return problem('body_malformed', 'The body is not JSON.');
  }
}

/** Undefined where there is none, or another charset than UTF-8. */
function mediaTypeOf(request: Request): string | undefined {
  const [type, ...parameters] = (request.headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((parameter) => parameter.trim()).find((text) => text.startsWith('charset='));
  return charset === undefined || /^charset="?utf-8"?$/.test(charset) ? type?.trim() : undefined;
}
