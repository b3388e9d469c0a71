import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { z } from 'zod';

/** What `<name>` in the texts of a case stands for. */
export type Texts = ReadonlyMap<string, string>;

/**
 * Bytes as a case writes them: a string is UTF-8, a list its parts one after the other, `chunk` one chunk of the
 * chunked transfer coding.
 */
export type Payload =
  | string
  | { readonly latin1: string }
  | { readonly utf16: string }
  | { readonly gzip: Payload }
  | { readonly deflate: Payload }
  | { readonly rawDeflate: Payload }
  | { readonly brotli: Payload }
  | { readonly chunk: Payload }
  | { readonly cut: Payload; readonly at: number }
  | { readonly repeat: string; readonly times: number }
  | readonly Payload[];

export const Payload: z.ZodType<Payload> = z.lazy(() =>
  z.union([
    z.string(),
    z.strictObject({ latin1: z.string().regex(/^[\0-\xff]*$/, 'has characters that are not Latin-1') }),
    z.strictObject({ utf16: z.string() }),
    z.strictObject({ gzip: Payload }),
    z.strictObject({ deflate: Payload }),
    z.strictObject({ rawDeflate: Payload }),
    z.strictObject({ brotli: Payload }),
    z.strictObject({ chunk: Payload }),
    z.strictObject({ cut: Payload, at: z.int() }),
    z.strictObject({ repeat: z.string(), times: z.int().positive() }),
    z.array(Payload),
  ]),
);

const NAME = /<([a-z][a-z-]*)>/g;

/**
 * Puts in what the names stand for; texts may hold names themselves.
 * @throws Error for a name that stands for nothing
 */
export function fill(text: string, texts: Texts): string {
  return text.replaceAll(NAME, (_, name: string) => {
    const found = texts.get(name);
    if (found === undefined) throw new Error(`<${name}> stands for nothing`);
    return fill(found, texts);
  });
}

/** The bytes that a payload stands for. */
export function render(payload: Payload, texts: Texts): Buffer {
  if (typeof payload === 'string') return Buffer.from(fill(payload, texts));
  if ('latin1' in payload) return Buffer.from(fill(payload.latin1, texts), 'latin1');
  if ('utf16' in payload) return Buffer.from(fill(payload.utf16, texts), 'utf16le');
  if ('gzip' in payload) return gzipSync(render(payload.gzip, texts));
  if ('deflate' in payload) return deflateSync(render(payload.deflate, texts));
  if ('rawDeflate' in payload) return deflateRawSync(render(payload.rawDeflate, texts));
  if ('brotli' in payload) return brotliCompressSync(render(payload.brotli, texts));
  if ('chunk' in payload) return chunk(render(payload.chunk, texts));
  if ('cut' in payload) return render(payload.cut, texts).subarray(0, payload.at);
  if ('repeat' in payload) return Buffer.from(fill(payload.repeat, texts).repeat(payload.times));
  return Buffer.concat(payload.map((part) => render(part, texts)));
}

/** One chunk (RFC 9112, section 7.1); of nothing: none, since an empty one ends the body. */
function chunk(content: Buffer): Buffer {
  if (content.length === 0) return content;
  return Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')]);
}
