import { connect, createServer } from 'node:net';

const QUESTION = '$4\r\nINFO\r\n$7\r\nwaitaof\r\n';
const WAITAOF = /\*4\r\n\$7\r\nWAITAOF\r\n\$1\r\n1\r\n\$1\r\n0\r\n\$\d+\r\n\d+\r\n/g;

/**
 * Stands before a Redis that is too old for WAITAOF (the one that Debian has): a client behind it finds the command
 * there, and is answered by a script.
 */
export async function withWaitAof(
  port: number,
  answer: string,
): Promise<{ url: string; waits(): number; close(): Promise<void> }> {
  let waits = 0;
  const server = createServer((client) => {
    const redis = connect(port, '127.0.0.1');
    client.on('data', (chunk) => {
      const text = chunk
        .toString('latin1')
        .replace(QUESTION, '$4\r\nINFO\r\n$3\r\nget\r\n')
        .replaceAll(WAITAOF, () => {
          waits += 1;
          return `*3\r\n$4\r\nEVAL\r\n$${answer.length}\r\n${answer}\r\n$1\r\n0\r\n`;
        });
      redis.write(text, 'latin1');
    });
    redis.pipe(client);
    client.on('close', () => redis.destroy()).on('error', () => redis.destroy());
    redis.on('error', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port to listen on');
  return {
    url: `redis://127.0.0.1:${address.port}`,
    waits: () => waits,
    close: async () => void server.close(),
  };
}
