import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { startBackend } from '../demo/backend.ts';
import { readDemoProducts } from '../demo/products.ts';

/** `fullmakt demo-backend`: the demo's legacy API alone, for a container of its own. */
export function demoBackendCommand(): Command {
  return new Command('demo-backend')
    .description('serve the legacy API of the demo')
    .option('--listen <address>', 'host:port', '127.0.0.1:8090')
    .action(async ({ listen }: { listen: string }) => {
      const { hostname, port } = new URL(`http://${listen}`);
      const products = fileURLToPath(new URL('../../demo/products.csv', import.meta.url));
      const server = await startBackend(await readDemoProducts(products), {
        host: hostname,
        port: Number(port),
      });
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.close());
    });
}
