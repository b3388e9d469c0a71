// Node loses a connection that is told to reset while its FIN is on the way: libuv refuses (EINVAL), no `close` is
// ever heard of, and with the connection the request is open for ever.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { listen } from '../../src/http/listen.ts';
import { resetSocket } from '../../src/sidecar/reset-connection.ts';
import { portOf } from '../sidecar/running-sidecar.ts';

async function accepted(): Promise<Socket> {
  const server = createServer({ allowHalfOpen: true });
  await listen(server, { host: '127.0.0.1', port: 0 });
  const client = connect({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true });
  client.on('error', () => {});
  onTestFinished(() => {
    client.destroy();
    server.close();
  });
  const [socket]: Socket[] = await once(server, 'connection');
  if (socket === undefined) throw new Error('no connection came');
  return socket;
}

it.each([
  ['at once', () => {}],
  ['with bytes', (socket: Socket) => void socket.write('the end')],
])('a connection that is closing, %s, is over when it is reset', async (_, last) => {
  const socket = await accepted();
  const faults: Error[] = [];
  socket.on('error', (fault) => faults.push(fault));
  last(socket);
  socket.end();
  const closed = once(socket, 'close');
  resetSocket(socket);
  await closed;
  expect(faults).toEqual([]);
});
