import { createHash } from 'node:crypto';
import type { OpenApiDocument, Operation } from './openapi.ts';

const STYLE = `
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code, pre { font: 14px/1.45 ui-monospace, monospace; }
pre { padding: .75rem; overflow: auto; border: 1px solid #8886; border-radius: 4px; }
section { border-top: 1px solid #8886; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8883; }
`;

/** Where only this page's own style may apply, and nothing is fetched. */
const POLICY = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export interface DocsPage {
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
}

/** An OpenAPI document as a page for people: all of it in one piece of HTML, without a script. */
export function docsPage(document: OpenApiDocument): DocsPage {
  const { info, tags, paths } = document;
  const sections = tags.map(({ name, description }) => {
    const calls = Object.entries(paths).flatMap(([path, operations]) =>
      Object.entries(operations)
        .filter(([, operation]) => operation.tags.includes(name))
        .map(([method, operation]) => sectionOf(method, path, operation)),
    );
    return `<h2>${text(name)}</h2><p>${prose(description)}</p>${calls.join('')}`;
  });
  const html = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${text(info.title)} API</title><style>${STYLE}</style></head>
<body><h1>${text(info.title)} API</h1><p>${prose(info.description)} The same for programs: <a href="openapi.json">openapi.json</a>.</p>
${sections.join('')}</body></html>
`;
  return {
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': POLICY,
      'X-Content-Type-Options': 'nosniff',
    },
    html,
  };
}

function sectionOf(method: string, path: string, operation: Operation): string {
  const { operationId, summary, description = '', parameters, requestBody, responses } = operation;
  return `<section id="${text(operationId)}"><h3><code>${method.toUpperCase()} ${text(path)}</code></h3>
<p>${prose(summary)}. ${prose(description)}</p>
${table(
  'Parameter',
  parameters.map(({ name, in: place, required, description = '' }) => [
    `<code>${text(name)}</code> (${place}${required ? '' : ', optional'})`,
    prose(description),
  ]),
)}
${Object.entries(requestBody?.content ?? {})
  .map(([type, content]) => exampleOf(`Body, ${type}`, content))
  .join('')}
${table(
  'Answer',
  Object.entries(responses).map(([status, { description }]) => [status, prose(description)]),
)}
${Object.entries(responses)
  .filter(([status]) => status.startsWith('2'))
  .flatMap(([status, { content = {} }]) =>
    Object.entries(content).map(([type, of]) => exampleOf(`${status}, ${type}`, of)),
  )
  .join('')}
</section>`;
}

function table(title: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map(([name, description]) => `<tr><td>${name}</td><td>${description}</td></tr>`);
  return `<table><tr><th>${title}</th><th></th></tr>${lines.join('')}</table>`;
}

function exampleOf(
  title: string,
  { example, examples = {} }: { example?: unknown; examples?: object },
): string {
  const all: readonly unknown[] =
    example === undefined
      ? Object.values(examples).map((named: { value: unknown }) => named.value)
      : [example];
  return all
    .map((value) => {
      const shown = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
      return `<p>${text(title)}:</p><pre>${text(shown)}</pre>`;
    })
    .join('');
}

/** Text in which backquotes set off code. */
function prose(written: string): string {
  return text(written).replaceAll(/`([^`]*)`/g, '<code>$1</code>');
}

function text(written: string): string {
  return written
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
