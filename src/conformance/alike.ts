import { isDeepStrictEqual } from 'node:util';
import type { ConformanceCase } from './case.ts';
import type { Answer } from './client.ts';
import type { Field } from './http-message.ts';
import type { Observation } from './judge.ts';
import { contentOf } from './seen-bytes.ts';

/** What differs from request to request whatever is asked for. */
const OF_THE_REQUEST = new Set(['date', 'age', 'request-id', 'x-request-id', 'x-correlation-id']);
const OF_THE_LENGTH = new Set(['content-length', 'transfer-encoding', 'trailer']);
/** UUIDs, and other ids in hexadecimal. */
const IDS = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b[0-9a-f]{16,64}\b/gi;

/** What tells the steps of a case apart although nothing should; undefined: nothing does. */
export function differenceOf(
  alike: NonNullable<ConformanceCase['alike']>,
  observed: readonly Observation[],
): string | undefined {
  const [first, ...others] = observed.map((observation) => visibleParts(alike, observation));
  for (const other of others) {
    for (const [part, value] of Object.entries(first ?? {})) {
      if (!isDeepStrictEqual(other[part], value)) return `the ${part} differ`;
    }
  }
  return undefined;
}

function visibleParts(
  alike: NonNullable<ConformanceCase['alike']>,
  { reply, reached }: Observation,
): Readonly<Record<string, unknown>> {
  if (alike === 'forwarded') {
    const names = reached.map(({ head }) => head?.fields.map(([name]) => name.toLowerCase()).sort());
    return { 'forwarded headers': names };
  }
  const answers = reply.answers.filter(({ whole }) => whole);
  const statuses = answers.map(({ startLine }) => startLine);
  if (alike === 'heads')
    return { statuses, headers: answers.map(({ fields }) => stable(fields, OF_THE_LENGTH)) };
  return {
    statuses,
    headers: answers.map(({ fields }) => stable(fields)),
    bodies: answers.map((answer) => maskedBody(answer)),
  };
}

function stable(fields: readonly Field[], ignored: ReadonlySet<string> = new Set()): readonly string[] {
  return fields
    .filter(([name]) => !OF_THE_REQUEST.has(name.toLowerCase()) && !ignored.has(name.toLowerCase()))
    .map(([name, value]) => `${name.toLowerCase()}: ${value.replaceAll(IDS, 'id')}`)
    .sort();
}

function maskedBody(answer: Answer): string | undefined {
  return contentOf(answer)?.toString('latin1').replaceAll(IDS, 'id');
}
