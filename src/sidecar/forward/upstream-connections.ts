import type { SecureContextOptions } from 'node:tls';
import { Pool } from 'undici';
import { readAuthorities, readKeyPair } from '../../config/tls-files.ts';
import { watchFiles } from '../../http/watch-files.ts';
import type { Upstream, UpstreamTls } from '../../model/route.ts';
import type { Logger } from '../../telemetry/log.ts';
import { UnfilteredProxy } from './unfiltered-proxy.ts';
import { upstreamConnector } from './upstream-connector.ts';

interface Connections {
  /** For answers that are rewritten. */
  readonly pool: Pool;
  /** For answers that pass as they are. */
  readonly proxy: UnfilteredProxy;
}

/**
 * The connections to one upstream. Where the files that they are secured with change, requests from then on go over
 * new ones; files that cannot be used leave the old ones at work.
 */
export class UpstreamConnections {
  #current: Connections;
  readonly #unwatch: () => void;

  /**
   * @param interval milliseconds between two looks at the files
   * @throws Error with one line for a person, which holds nothing of the files
   */
  constructor(upstream: Upstream, log: Logger, interval?: number) {
    const { tls, name } = upstream;
    const context = readContext(tls);
    if ('fault' in context) throw new Error(context.fault);
    this.#current = connect(upstream, context);
    const renew = (): void => {
      const changed = readContext(tls);
      if ('fault' in changed) {
        log.error(
          { upstream: name, fault: changed.fault },
          'new certificates cannot be used: the old ones stay',
        );
        return;
      }
      const before = this.#current;
      this.#current = connect(upstream, changed);
      retire(before);
      log.info({ upstream: name }, 'certificates for an upstream have been renewed');
    };
    this.#unwatch = watchFiles(filesOf(tls), renew, interval);
  }

  get pool(): Pool {
    return this.#current.pool;
  }

  get proxy(): UnfilteredProxy {
    return this.#current.proxy;
  }

  /** Cuts off what still runs. */
  async close(): Promise<void> {
    this.#unwatch();
    this.#current.proxy.close();
    await this.#current.pool.destroy();
  }
}

function connect(upstream: Upstream, context: SecureContextOptions): Connections {
  const { url, timeout } = upstream;
  const pool = new Pool(url.origin, {
    connect: upstreamConnector(timeout, context),
    headersTimeout: timeout,
    bodyTimeout: timeout,
  });
  return { pool, proxy: new UnfilteredProxy(upstream, context) };
}

/** Lets what runs on them come to its end. */
function retire({ pool, proxy }: Connections): void {
  proxy.retire();
  void pool.close();
}

function filesOf(tls: UpstreamTls | undefined): readonly string[] {
  return [tls?.ca, tls?.keyPair?.certificate, tls?.keyPair?.key].filter((file) => file !== undefined);
}

function readContext(tls: UpstreamTls | undefined): SecureContextOptions | { readonly fault: string } {
  const context: SecureContextOptions = {};
  if (tls?.ca !== undefined) {
    const authorities = readAuthorities(tls.ca);
    if ('fault' in authorities) return authorities;
    context.ca = authorities.ca;
  }
  if (tls?.keyPair === undefined) return context;
  const pair = readKeyPair(tls.keyPair);
  return 'fault' in pair ? pair : { ...context, ...pair };
}
