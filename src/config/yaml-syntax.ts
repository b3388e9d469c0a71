import type { ErrorCode } from 'yaml';

/** The parser's own messages may quote the file, and so a secret: these do not. */
const MESSAGES: Readonly<Record<ErrorCode, string>> = {
  ALIAS_PROPS: 'aliases (*) are not taken here: write the value out',
  BAD_ALIAS: 'aliases (*) and anchors (&) are not taken here: write the value out',
  BAD_COLLECTION_TYPE: 'tags (!) are not taken here',
  BAD_DIRECTIVE: 'directives (%) are not taken here',
  BAD_DQ_ESCAPE: 'no such escape between double quotes (between single quotes a backslash is itself)',
  BAD_INDENT: 'wrongly indented, or a bracket before it is not closed',
  BAD_PROP_ORDER: 'anchors (&) and tags (!) are not taken here',
  BAD_SCALAR_START: 'a text that begins so must be quoted',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping or a list cannot begin here: a text with a colon must be quoted',
  BLOCK_IN_FLOW: 'a block cannot begin between brackets',
  DUPLICATE_KEY: 'this name is given twice',
  IMPOSSIBLE: 'this is not YAML',
  KEY_OVER_1024_CHARS: 'a name has at most 1,024 characters',
  MISSING_CHAR: 'something is missing here: a closing quote or bracket, a colon, a comma or a space',
  MULTILINE_IMPLICIT_KEY: 'a name must stand on one line and be followed by a colon and a space',
  MULTIPLE_ANCHORS: 'anchors (&) are not taken here',
  MULTIPLE_DOCS: 'a file holds one document: there is a --- too many',
  MULTIPLE_TAGS: 'tags (!) are not taken here',
  NON_STRING_KEY: 'a name must be a text',
  RESOURCE_EXHAUSTION: 'too deeply nested',
  TAB_AS_INDENT: 'a tab cannot indent: use spaces',
  TAG_RESOLVE_FAILED: 'tags (!) are not taken here',
  UNEXPECTED_TOKEN: 'this cannot stand here',
};

/**
 * What a fault of YAML's syntax is, in words that hold nothing of the file.
 * @param character the one that the parser stumbled at
 */
export function describeSyntaxError(code: ErrorCode, character: string): string {
  const stumbled = code === 'UNEXPECTED_TOKEN' || code === 'MISSING_CHAR';
  // The usual way here is `{ items: $[*] }` or `{ url: ${URL} }`.
  return stumbled && /[[\]{},]/.test(character)
    ? 'this cannot stand here: between brackets a text that holds [ ] { } or , must be quoted'
    : MESSAGES[code];
}
