import { isIPv4, isIPv6 } from 'node:net';
import { normalizeEmail } from '../model/email.ts';
import { Secret } from '../model/secret.ts';
import type { Address, AddressRange, StoreLocation } from './config.ts';
import { type FormatFault, textFormat } from './text-format.ts';

const LISTEN_ADDRESS = 'must be a host and a port such as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080';
const HOST_NAME = /^(?!-)[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})*$/;
/** Four numbers that are no IPv4 address: a slip that would be looked up as a name. */
const NUMBERS = /^[\d.]+$/;

/** A host and a port to listen on; port 0 takes any that is free. */
export const ListenAddress = textFormat<Address>((text) => {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain ?? '';
  const good = bracketed === undefined ? isHost(host) : isIPv6(host);
  if (!good) return { fault: LISTEN_ADDRESS };
  return Number(port) <= 65_535 ? { value: { host, port: Number(port) } } : { fault: 'has no such port' };
}, LISTEN_ADDRESS);

function isHost(host: string): boolean {
  return isIPv4(host) || (HOST_NAME.test(host) && !NUMBERS.test(host));
}

const ADDRESS_RANGE = 'must be an address or a range of them such as 127.0.0.1, 10.0.0.0/8 or fd00::/8';

/** An IP address, or a range of them in CIDR notation (RFC 4632, section 3.1). */
export const AddressRangeText = textFormat<AddressRange>((text) => {
  const [, address = '', digits] = /^([^/%]*)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIPv4(address) ? 'ipv4' : 'ipv6';
  if (family === 'ipv6' && !isIPv6(address)) return { fault: ADDRESS_RANGE };
  const bits = family === 'ipv4' ? 32 : 128;
  const prefix = Number(digits ?? bits);
  if (prefix > bits) return { fault: `has no such prefix: at most /${bits}` };
  return prefix === 0 ? { fault: 'would be everybody' } : { value: { address, prefix, family } };
}, ADDRESS_RANGE);

/** An http or https URL of an origin and perhaps a path; a slash at the path's end is dropped. */
export const HttpUrl = textFormat<URL>((text) => {
  const url = parseUrl(text, ['http:', 'https:']);
  if ('fault' in url) return url;
  if (url.username !== '' || url.password !== '') return { fault: 'takes no user and no password' };
  if (/[?#]/.test(text)) return { fault: 'takes no query and no fragment' };
  url.pathname = url.pathname.replace(/\/+$/, '');
  return { value: url };
});

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Where a set of public keys is: a URL, or a file's path as it was written. */
export const KeySetPlace = textFormat<URL | string>((text) => {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text))
    return text === '' ? { fault: 'must be a URL, or the path of a file' } : { value: text };
  const url = parseUrl(text, ['https:', 'http:']);
  if ('fault' in url) return { fault: 'must be an https URL, or the path of a file' };
  if (url.username !== '' || url.password !== '') return { fault: 'takes no user and no password' };
  // Whoever can change the keys on their way can be anybody.
  if (url.protocol === 'http:' && !LOOPBACK.test(url.hostname))
    return { fault: 'must be https: http is for this machine alone' };
  return { value: url };
});

/** `log`, or the address of an SMTP server, perhaps with a user and a password. */
export const MailAddress = textFormat<Secret>((text) => {
  if (text === 'log') return { value: new Secret(text) };
  const url = parseUrl(text, ['smtp:', 'smtps:'], 'log, or ');
  if ('fault' in url) return url;
  if (/[?#]/.test(text) || !['', '/'].includes(url.pathname)) return { fault: 'takes no path and no query' };
  if ((url.username === '') !== (url.password === ''))
    return { fault: 'takes a user with a password, or neither' };
  try {
    decodeURIComponent(url.username + url.password);
  } catch {
    return { fault: 'has a user or a password with a % that must be written %25' };
  }
  return { value: new Secret(text) };
});

/** An email address, in its one form. */
export const EmailAddress = textFormat<string>((text) => {
  const value = normalizeEmail(text);
  return value === undefined ? { fault: 'must be an email address' } : { value };
});

const STORES = 'must be sqlite:PATH, or a redis:// or rediss:// URL';

/** Where the store is; a path of SQLite as it was written. */
export const StoreAddress = textFormat<StoreLocation>((text) => {
  if (/^redis\+(?:sentinel|cluster):/.test(text)) return { fault: 'this kind of Redis is not supported yet' };
  const path = /^sqlite:(.*)$/.exec(text)?.[1];
  if (path !== undefined) {
    if (path === '' || path.startsWith('//')) return { fault: 'must be sqlite: and a path, without //' };
    return { value: { kind: 'sqlite', path } };
  }
  if (!/^rediss?:/.test(text)) return { fault: STORES };
  const url = parseUrl(text, ['redis:', 'rediss:']);
  if ('fault' in url) return url;
  if (/[?#]/.test(text)) return { fault: 'takes no query and no fragment' };
  if (!/^(?:\/\d*)?$/.test(url.pathname)) return { fault: 'has a path that is no database number: /0' };
  return { value: { kind: 'redis', url: new Secret(text) } };
}, STORES);

function parseUrl(text: string, schemes: readonly string[], before = ''): URL | FormatFault {
  const url = URL.parse(text);
  const fits = url !== null && schemes.includes(url.protocol) && url.hostname !== '' && text.includes('://');
  // The parser would drop blanks and read a backslash as a slash.
  if (fits && !/[\s\\]/.test(text)) return url;
  return {
    fault: `must be ${before}a URL such as ${schemes[0] ?? ''}//127.0.0.1:${PORTS[schemes[0] ?? ''] ?? ''}`,
  };
}

const PORTS: Readonly<Record<string, string>> = { 'http:': '8090', 'smtp:': '1025', 'redis:': '6379' };
