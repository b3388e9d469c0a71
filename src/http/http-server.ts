import { createServer, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { SecureContextOptions, TlsOptions } from 'node:tls';
import type { ListenerTls } from '../config/config.ts';
import { readAuthorities, readKeyPair } from '../config/tls-files.ts';
import { watchFiles } from './watch-files.ts';

/** How a listener comes by its certificate. */
export interface ListenerTlsParts {
  readonly files: ListenerTls;
  /** Is told how each change of the files came out: undefined if they are in use, else why not. */
  readonly told: (fault: string | undefined) => void;
  /** Milliseconds between two looks at the files. */
  readonly interval?: number;
}

/**
 * An HTTP server, not yet listening. With `tls` it speaks HTTPS alone, with `clientCa` to clients only whose
 * certificate is of that authority. Files that have changed are put to use for new connections; such as cannot be
 * used leave the old ones at work.
 * @throws Error with one line for a person, which holds nothing of the files
 */
export function createHttpServer(
  options: ServerOptions & Pick<TlsOptions, 'handshakeTimeout'>,
  tls: ListenerTlsParts | undefined,
): Server {
  if (tls === undefined) return createServer(options);
  const { files, told, interval } = tls;
  const context = readContext(files);
  if ('fault' in context) throw new Error(context.fault);
  const wantsClients = files.clientCa !== undefined;
  const server = createTlsServer({
    ...options,
    ...context,
    requestCert: wantsClients,
    rejectUnauthorized: wantsClients,
  });
  const renew = (): void => {
    const changed = readContext(files);
    if (!('fault' in changed)) server.setSecureContext(changed);
    told('fault' in changed ? changed.fault : undefined);
  };
  const paths = [files.certificate, files.key, ...(files.clientCa === undefined ? [] : [files.clientCa])];
  server.once('close', watchFiles(paths, renew, interval));
  return server;
}

function readContext({ clientCa, ...files }: ListenerTls): SecureContextOptions | { readonly fault: string } {
  const pair = readKeyPair(files);
  if ('fault' in pair || clientCa === undefined) return pair;
  const authorities = readAuthorities(clientCa);
  return 'fault' in authorities ? authorities : { ...pair, ...authorities };
}
