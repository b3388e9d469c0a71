import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import type { Answer, Reply } from './client.ts';
import { valuesOf } from './http-message.ts';

const LIMIT = { maxOutputLength: 64 * 1024 * 1024 };

const DECODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: (body) => gunzipSync(body, LIMIT),
  deflate: (body) => inflateSync(body, LIMIT),
  'raw deflate': (body) => inflateRawSync(body, LIMIT),
  br: (body) => brotliDecompressSync(body, LIMIT),
};

/** An answer's content without its coding; undefined where it is not what it says. */
export function contentOf({ fields, body }: Answer): Buffer | undefined {
  const coding = valuesOf(fields, 'content-encoding').join(', ').toLowerCase();
  if (coding === '' || coding === 'identity') return body;
  return decode(coding, body);
}

/**
 * Whether the client has got a text, in whatever dress: as it is, across chunks, compressed, or in UTF-16 or
 * UTF-32, which are the same bytes with zeros between them.
 */
export function hasSeen({ bytes, answers }: Reply, text: string): boolean {
  const bodies = answers.map(({ body }) => body);
  const unpacked = bodies.flatMap((body) => Object.keys(DECODERS).map((coding) => decode(coding, body)));
  return [bytes, ...bodies, ...unpacked].some(
    (seen) => seen !== undefined && (seen.includes(text) || withoutZeros(seen).includes(text)),
  );
}

function withoutZeros(bytes: Buffer): Buffer {
  return bytes.includes(0) ? Buffer.from(bytes.filter((byte) => byte !== 0)) : bytes;
}

function decode(coding: string, body: Buffer): Buffer | undefined {
  try {
    return DECODERS[coding]?.(body);
  } catch {
    return undefined;
  }
}
