/** One segment of a path: fixed text, or a parameter that takes a whole segment. Both percent-decoded. */
export type PathSegment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string };

/** An OpenAPI path template: `/products/{productId}`. No segment at all is `/`. */
export type PathTemplate = readonly PathSegment[];
