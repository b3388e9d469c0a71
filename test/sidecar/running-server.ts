import type { Server } from 'node:http';
import { onTestFinished } from 'vitest';
import type { ListenerTlsParts } from '../../src/http/http-server.ts';
import { listen } from '../../src/http/listen.ts';
import type { Exchange } from '../../src/sidecar/exchange.ts';
import type { Patience } from '../../src/sidecar/limits.ts';
import { createProxyServer } from '../../src/sidecar/server.ts';
import type { Decision } from '../../src/telemetry/decision.ts';
import { createLog } from '../../src/telemetry/log.ts';
import { portOf } from './running-sidecar.ts';

export const PATIENT: Patience = { head: 10_000, request: 10_000, silence: 10_000, nextRequest: 10_000 };

export interface RunningServer {
  readonly port: number;
  readonly server: Server;
  /** What was served, in order. */
  readonly exchanges: Exchange[];
  readonly decisions: Decision[];
}

/** The proxied port's server before a pipeline of the test's own. */
export async function runServer(
  serve: (exchange: Exchange) => void,
  patience = PATIENT,
  tls?: ListenerTlsParts,
): Promise<RunningServer> {
  const exchanges: Exchange[] = [];
  const decisions: Decision[] = [];
  const log = createLog({ stream: { write: () => {} } });
  const server = createProxyServer(
    async (exchange) => {
      exchanges.push(exchange);
      serve(exchange);
    },
    { refusals: 'problem', log, report: (decision) => decisions.push(decision) },
    { patience, tls },
  );
  await listen(server, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { port: portOf(server), server, exchanges, decisions };
}
