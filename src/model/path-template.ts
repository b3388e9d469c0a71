/** One segment of a path: fixed text, or a parameter that takes a whole segment. Both percent-decoded. */
export type PathSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string };

/**
 * An OpenAPI path template: `/products/{productId}`. No segment at all is `/`.
 * Where two templates match a path, the first segment from the left in which they differ decides: fixed text
 * goes before a parameter.
 */
export type PathTemplate = readonly PathSegment[];

export interface PathTemplateFault {
  readonly fault: string;
  /** Where in the text, in UTF-16 code units from 0. */
  readonly offset: number;
}

const PARAMETER_NAME = /^[A-Za-z][A-Za-z0-9_.-]*$/;
/** Blanks, controls, lone surrogates, and what a path cannot hold or would be read in two ways. */
const FORBIDDEN = /[\s\p{Cc}\p{Cs}/\\;?#%{}]/u;

/**
 * Reads a path template in its one canonical spelling: plain text, no dot segments, no empty ones, no slash at
 * the end. A request's path is compared with it segment by segment, once percent-decoded.
 */
export function parsePathTemplate(text: string): { readonly template: PathTemplate } | PathTemplateFault {
  if (!text.startsWith('/')) return { fault: 'a path begins with /', offset: 0 };
  if (text === '/') return { template: [] };
  const segments: PathSegment[] = [];
  const names = new Set<string>();
  let offset = 1;
  for (const written of text.slice(1).split('/')) {
    const last = offset + written.length === text.length;
    const segment =
      written === '' && last ? { fault: 'a path has no / at its end', offset: -1 } : parseSegment(written);
    if ('fault' in segment) return { fault: segment.fault, offset: offset + segment.offset };
    if (segment.kind === 'parameter') {
      if (names.has(segment.name)) return { fault: 'a path names each parameter once', offset };
      names.add(segment.name);
    }
    segments.push(segment);
    offset += written.length + 1;
  }
  return { template: segments };
}

function parseSegment(written: string): PathSegment | PathTemplateFault {
  if (written === '') return { fault: 'a path has no empty segments (//)', offset: 0 };
  if (written === '.' || written === '..') return { fault: 'a path has no . or .. segments', offset: 0 };
  if (written.startsWith('{') && written.endsWith('}')) {
    const name = written.slice(1, -1);
    if (PARAMETER_NAME.test(name)) return { kind: 'parameter', name };
    return {
      fault: 'a parameter is a name between braces: a letter, then letters, digits, . _ or -',
      offset: 1,
    };
  }
  const forbidden = FORBIDDEN.exec(written);
  if (forbidden !== null) return { fault: faultOf(forbidden[0]), offset: forbidden.index };
  // Servers there are that fold such characters, or drop a dot at the end: no request gets there.
  const folded = written.normalize('NFKC');
  if (FORBIDDEN.test(folded) || folded.endsWith('.'))
    return { fault: 'some servers read this segment as another', offset: 0 };
  return { kind: 'literal', text: written };
}

function faultOf(character: string): string {
  if (character === '%') return 'a path is written without percent-encoding: it is compared once decoded';
  if (character === '?') return 'a path has no query: list its parameters under query';
  if (character === '{' || character === '}') return 'a parameter is a whole segment: /{name}/';
  return 'a path holds no such character';
}

/** True where two templates match the same paths and neither is the more specific: `/a/{x}` and `/a/{y}`. */
export function templatesOverlap(a: PathTemplate, b: PathTemplate): boolean {
  return (
    a.length === b.length &&
    a.every((segment, index) => {
      const other = b[index];
      if (segment.kind === 'parameter') return other?.kind === 'parameter';
      return other?.kind === 'literal' && other.text === segment.text;
    })
  );
}
