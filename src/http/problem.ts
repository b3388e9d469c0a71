/** The media type of RFC 9457, section 3. */
export const PROBLEM_JSON = 'application/problem+json';

/** A problem document (RFC 9457, section 3.1) with our two members: `code`, and the id to quote to support. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly code: string;
  readonly decisionId?: string;
}

/** The document's text. `type` is `about:blank` (section 4.2.1): `code` tells the kinds apart. */
export function renderProblem({ title, status, detail, code, decisionId }: Problem): string {
  return JSON.stringify({ type: 'about:blank', title, status, detail, code, decisionId });
}
