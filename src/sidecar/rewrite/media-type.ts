/** RFC 9110, section 5.6.2: token; 5.6.4: quoted-string. */
const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const QUOTED = String.raw`"(?:[\t !#-\[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"`;
const MEDIA_TYPE = new RegExp(
  `^(${TOKEN}/${TOKEN})[ \\t]*((?:;[ \\t]*(?:${TOKEN}=(?:${TOKEN}|${QUOTED})[ \\t]*)?)*)$`,
);
const PARAMETER = new RegExp(`;[ \\t]*(${TOKEN})=(${TOKEN}|${QUOTED})`, 'g');
const JSON_TYPE = /^application\/(?:json|[^/]+\+json)$/i;
const PLAIN_JSON_TYPE = /^application\/json$/i;
const UTF_8 = /^(?:utf-8|"utf-8")$/i;

/**
 * True for a `Content-Type` that is surely JSON in UTF-8: `application/json` or `application/*+json` (RFC 8259,
 * RFC 6839), with no charset or that of UTF-8.
 * @param contentType the field's value; an array or undefined is not read as anything
 */
export function isUtf8Json(contentType: string | readonly string[] | undefined): boolean {
  return isUtf8(contentType, JSON_TYPE);
}

/** True for a `Content-Type` that is surely `application/json` itself, which says nothing of what the JSON means. */
export function isPlainUtf8Json(contentType: string | undefined): boolean {
  return isUtf8(contentType, PLAIN_JSON_TYPE);
}

function isUtf8(contentType: string | readonly string[] | undefined, wanted: RegExp): boolean {
  if (typeof contentType !== 'string') return false;
  const [, type = '', parameters = ''] = MEDIA_TYPE.exec(contentType.trim()) ?? [];
  if (!wanted.test(type)) return false;
  const charsets = [...parameters.matchAll(PARAMETER)].filter(
    ([, name]) => name?.toLowerCase() === 'charset',
  );
  return charsets.length <= 1 && charsets.every(([, , value = '']) => UTF_8.test(value));
}
