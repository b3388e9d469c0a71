import type { Seeded } from './seeded.ts';

/** What a hostile upstream does with a connection, one thing after another. Bytes are `latin1`. */
export type WireStep =
  | { readonly kind: 'send'; readonly bytes: string }
  /** Byte by byte, each in a packet of its own. */
  | { readonly kind: 'trickle'; readonly bytes: string }
  /** FIN, or RST. */
  | { readonly kind: 'close' | 'reset' }
  /** Says no more until the other side ends the connection. */
  | { readonly kind: 'silence' }
  /** Keeps the connection for another request. More has been sent on it than belongs there if it is spoilt. */
  | { readonly kind: 'keep'; readonly spoilt: boolean };

/** How a body's end is told (RFC 9112, section 6.3). */
export type Framing = 'length' | 'chunked' | 'close';

export interface HeadFacts {
  readonly status: number;
  readonly framing: Framing;
  readonly gzip: boolean;
  readonly contentLength: number;
  /** Another request on the same connection is not wanted. */
  readonly closing: boolean;
}

export function renderHead(
  { status, framing, gzip, contentLength, closing }: HeadFacts,
  interim: boolean,
): string {
  const fields = [
    'Content-Type: application/json',
    // None of these may pass; they tell of the whole.
    'X-Total-Count: 66000',
    'ETag: "HIDDEN"',
    ...(gzip ? ['Content-Encoding: gzip'] : []),
    ...(framing === 'length' ? [`Content-Length: ${contentLength}`] : []),
    ...(framing === 'chunked' ? ['Transfer-Encoding: chunked'] : []),
    ...(closing ? ['Connection: close'] : []),
  ];
  const early = interim ? 'HTTP/1.1 103 Early Hints\r\nLink: </HIDDEN>; rel=preload\r\n\r\n' : '';
  return `${early}HTTP/1.1 ${status} Status\r\n${fields.join('\r\n')}\r\n\r\n`;
}

/** One chunk of a body in its framing: size line, data, line end. */
interface Chunk {
  readonly size: string;
  readonly data: string;
  readonly end: string;
}

/** A body in chunks, some with extensions, sometimes with a trailer. */
export function renderChunked(body: string, random: Seeded): string {
  return join(cutIntoChunks(body, random)) + lastChunk(random);
}

/** The same with one fault in it: no reader may take it for whole. */
export function renderBrokenChunks(body: string, random: Seeded): { fault: string; bytes: string } {
  const chunks = cutIntoChunks(body, random);
  const at = random.between(0, chunks.length - 1);
  const victim = chunks[at];
  if (victim === undefined) throw new Error('an empty body has no chunk to break');
  const [fault, spoil] = random.pick(CHUNK_FAULTS);
  const broken = chunks.with(at, { ...victim, ...spoil(victim) });
  return { fault, bytes: join(broken) + lastChunk(random) };
}

type ChunkFault = readonly [name: string, spoil: (chunk: Chunk) => Partial<Chunk>];

const CHUNK_FAULTS: readonly [ChunkFault, ...ChunkFault[]] = [
  ['one more', ({ data }) => ({ size: (data.length + 1).toString(16) })],
  ['one less', ({ data }) => ({ size: (data.length - 1).toString(16) })],
  ['no line end', () => ({ end: '' })],
  ['no number', () => ({ size: 'g' })],
  // 2 to the 64th more than it is.
  ['overflow', ({ data }) => ({ size: `1${data.length.toString(16).padStart(16, '0')}` })],
  ['negative', ({ data }) => ({ size: `-${data.length.toString(16)}` })],
  ['no size', () => ({ size: '' })],
  ['leading blank', ({ data }) => ({ size: ` ${data.length.toString(16)}` })],
];

function cutIntoChunks(body: string, random: Seeded): Chunk[] {
  const chunks: Chunk[] = [];
  const most = random.magnitude(16, 100_000);
  for (let from = 0; from < body.length; ) {
    const data = body.slice(from, from + random.between(1, most));
    const extension = random.chance(0.05) ? ';HIDDEN=1' : '';
    chunks.push({ size: data.length.toString(16) + extension, data, end: '\r\n' });
    from += data.length;
  }
  return chunks;
}

function join(chunks: readonly Chunk[]): string {
  return chunks.map(({ size, data, end }) => `${size}\r\n${data}${end}`).join('');
}

function lastChunk(random: Seeded): string {
  return random.chance(0.1) ? '0\r\nX-Checksum: HIDDEN\r\n\r\n' : '0\r\n\r\n';
}
