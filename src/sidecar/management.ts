import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Metrics } from '../telemetry/metrics.ts';
import type { IdentitySigner } from './identity-signer.ts';

/** What the management port tells. */
export interface ManagementParts {
  /** Whether the sidecar has begun to listen. */
  readonly isStarted: () => boolean;
  /** Why no request should be sent here just now; undefined if all is well. */
  readonly notReady: () => string | undefined;
  readonly metrics: Metrics;
  readonly jwks: IdentitySigner['jwks'];
}

interface Page {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

/**
 * The management port's server, not yet listening: health checks, metrics and the keys that upstreams verify the
 * identity header with. It stands on an address of its own, so that no route can ever lead to it.
 */
export function createManagementServer(parts: ManagementParts): Server {
  return createServer((incoming, response) => {
    void answer(incoming, response, parts);
  });
}

async function answer(
  incoming: IncomingMessage,
  response: ServerResponse,
  parts: ManagementParts,
): Promise<void> {
  const { status, type, text } = await render(incoming, parts).catch(() => plain(500, 'failed'));
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(text);
}

async function render(
  { method = '', url = '' }: IncomingMessage,
  { isStarted, notReady, metrics, jwks }: ManagementParts,
): Promise<Page> {
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'GET and HEAD only');
  switch (url) {
    case '/livez':
      return plain(200, 'ok');
    case '/startupz':
      return isStarted() ? plain(200, 'ok') : plain(503, 'starting');
    case '/readyz': {
      const reason = notReady();
      return reason === undefined ? plain(200, 'ok') : plain(503, reason);
    }
    case '/metrics':
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', text: await metrics.text() };
    case '/.well-known/jwks.json':
      return { status: 200, type: 'application/jwk-set+json', text: JSON.stringify(jwks) };
    default:
      return plain(404, 'there is /livez, /readyz, /startupz, /metrics and /.well-known/jwks.json');
  }
}

function plain(status: number, text: string): Page {
  return { status, type: 'text/plain; charset=utf-8', text: `${text}\n` };
}
