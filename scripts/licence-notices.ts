import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const LICENCE_FILE = /^(?:licen[cs]e|notice|copying|patents)/i;
const RULE = `${'-'.repeat(80)}\n`;

const INTRODUCTION = `rego-compiler.wasm is built from the Go modules below and Go's standard library. Their licences follow, each text
once.

Inside OPA is the runtime of compiled policies, which goes into every policy.wasm. It holds libmpdec (Copyright
2008-2016 Stefan Krah; its terms follow) and RE2 (Copyright 2003-2009 The RE2 Authors; its terms are those of Go's
licence below, with its own authors in place of Go's) and, of LLVM's libc++, what those need (Apache License 2.0
with LLVM exceptions).
`;

/**
 * The licences of all that is linked into the program.
 *
 * @param go runs the go command in the program's folder and returns its output
 * @returns the text of a NOTICE file; the same for the same modules
 */
export function licenceNotices(go: (...args: string[]) => string): string {
  const holders = new Map<string, string[]>(); // licence text → what stands under it
  const add = (holder: string, file: string): void => {
    const text = readFileSync(file, 'utf8').replaceAll('\r\n', '\n').trim();
    holders.set(text, [...(holders.get(text) ?? []), holder]);
  };
  for (const [name, file] of licenceFiles(go('list', '-deps', '-f', PACKAGE_LINE, '.'))) add(name, file);
  const opa = go('list', '-m', '-f', '{{.Dir}}', 'github.com/open-policy-agent/opa').trim();
  const libmpdec = readFileSync(join(opa, 'wasm/src/libmpdec/mpdecimal.c'), 'utf8');
  holders.set(firstComment(libmpdec), ["libmpdec, in OPA's runtime of compiled policies"]);
  add("Go's standard library and runtime", join(go('env', 'GOROOT').trim(), 'LICENSE'));
  const sections = [...holders].map(([text, names]) => `${RULE}${names.join('\n')}\n${RULE}\n${text}\n`);
  return [INTRODUCTION, ...sections].join('\n');
}

const PACKAGE_LINE =
  '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}\t{{$.Dir}}{{end}}{{end}}';

/** Each licence file of a linked package's folder or of one above it in its module, once, sorted by name. */
function licenceFiles(packages: string): [name: string, file: string][] {
  const files = new Map<string, string>();
  for (const line of packages.split('\n')) {
    const [module, root, folder] = line.split('\t');
    if (module === undefined || root === undefined || folder === undefined) continue;
    for (let at = folder; ; at = dirname(at)) {
      for (const name of readdirSync(at)) {
        if (LICENCE_FILE.test(name)) files.set(`${module} ${relative(root, join(at, name))}`, join(at, name));
      }
      if (at === root) break;
    }
  }
  return [...files].sort(([a], [b]) => (a < b ? -1 : 1));
}

function firstComment(source: string): string {
  const end = source.indexOf('*/');
  return source
    .slice(source.indexOf('/*') + 2, end)
    .replaceAll(/^ \* ?/gm, '')
    .trim();
}
