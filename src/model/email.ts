const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const DOMAIN = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/**
 * The one form of an email address: lower-cased, nothing else folded (dots and `+tags` tell mailboxes apart).
 *
 * ASCII only, since two letters that look alike would be two users. Quoted local parts and address literals
 * (RFC 5321, section 4.1.2) are refused: no person has one, and they let a header or a log line be forged.
 *
 * @returns undefined if it is no address
 */
export function normalizeEmail(text: string): string | undefined {
  // Lower-casing may turn a letter outside ASCII into one inside (the Kelvin sign becomes k).
  if (!/^[\x21-\x7e]{3,254}$/.test(text)) return undefined;
  const email = text.toLowerCase();
  const at = email.lastIndexOf('@');
  const local = email.slice(0, at);
  if (at < 1 || local.length > 64 || !LOCAL_PART.test(local)) return undefined;
  return DOMAIN.test(email.slice(at + 1)) ? email : undefined;
}
