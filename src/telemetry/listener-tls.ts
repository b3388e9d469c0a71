import type { ListenerTls } from '../config/config.ts';
import type { ListenerTlsParts } from '../http/http-server.ts';
import type { Logger } from './log.ts';

/** A listener's certificate, of which a line is logged when it is renewed or cannot be. */
export function loggedListenerTls(files: ListenerTls | undefined, log: Logger): ListenerTlsParts | undefined {
  if (files === undefined) return undefined;
  const told = (fault: string | undefined): void => {
    if (fault === undefined) log.info('the listener’s certificate has been renewed');
    else log.error({ fault }, 'the listener’s new certificate cannot be used: the old one stays');
  };
  return { files, told };
}
