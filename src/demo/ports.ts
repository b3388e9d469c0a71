import type { Config } from '../config/config.ts';
import type { Upstream } from '../model/route.ts';

/** Where the demo's legacy API listens, as the demo's configuration says it. */
const BACKEND = 'http://127.0.0.1:8090';

export interface DemoPorts {
  readonly sidecar: number;
  readonly admin: number;
  readonly management: number;
  readonly backend: number;
}

/** The demo's ports, counted from the sidecar's: 8080 gives 8081, 8082 and 8090. */
export function portsFrom(sidecar: number): DemoPorts {
  return { sidecar, admin: sidecar + 1, management: sidecar + 2, backend: sidecar + 10 };
}

/** The configuration with its listeners, and its ways to the admin service and the demo's backend, moved to other ports. */
export function moveTo(ports: DemoPorts, config: Config): Config {
  const moves = new Map([
    [BACKEND, ports.backend],
    [`http://${config.admin.listen.host}:${config.admin.listen.port}`, ports.admin],
  ]);
  const moved = (upstream: Upstream): Upstream => {
    const port = moves.get(upstream.url.origin);
    if (port === undefined) return upstream;
    return { ...upstream, url: new URL(`http://${upstream.url.hostname}:${port}${upstream.url.pathname}`) };
  };
  const upstreams = new Map(config.upstreams.map((upstream) => [upstream, moved(upstream)]));
  const { sidecar, admin } = config;
  return {
    ...config,
    sidecar: {
      ...sidecar,
      listen: { ...sidecar.listen, port: ports.sidecar },
      management: { ...sidecar.management, port: ports.management },
    },
    admin: {
      ...admin,
      listen: { ...admin.listen, port: ports.admin },
      publicUrl: new URL(`http://${admin.listen.host}:${ports.admin}`),
    },
    upstreams: [...upstreams.values()],
    routes: config.routes.map((route) => ({
      ...route,
      upstream: upstreams.get(route.upstream) ?? moved(route.upstream),
    })),
  };
}
