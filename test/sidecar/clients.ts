import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { OWNER } from './proxy-fixture.ts';

export interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

export interface Asked {
  readonly key?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer;
}

/** Asks as an ordinary client does. Rejects where the connection broke before the answer was whole. */
export async function ask(
  url: string,
  { key = OWNER, method = 'GET', headers, body }: Asked = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      { method, agent: false, headers: { 'ocp-apim-subscription-key': key, ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    sent.on('error', reject);
    sent.end(body);
  });
}

/** What came over a connection until it ended, and how it did. */
export interface Transcript {
  readonly bytes: string;
  readonly ending: 'closed' | 'reset';
}

export function openSocket(port: number): Socket {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  return socket;
}

/**
 * Sends bytes as they are, and reads until the connection ends.
 * @param onBegin called when the first bytes of the answer are there
 */
export async function converse(
  port: number,
  bytes: string,
  onBegin: () => void = () => undefined,
): Promise<Transcript> {
  const socket = openSocket(port);
  socket.once('data', onBegin);
  socket.write(bytes, 'latin1');
  return transcriptOf(socket);
}

export async function transcriptOf(socket: Socket): Promise<Transcript> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let ending: Transcript['ending'] = 'closed';
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => (ending = 'reset'));
    socket.on('close', () => resolve({ bytes: Buffer.concat(chunks).toString('latin1'), ending }));
  });
}

/** The head of a GET that leaves the connection to be closed by the server. */
export function getHead(path: string, version = '1.1', key = OWNER): string {
  return `GET ${path} HTTP/${version}\r\nHost: api.example.no\r\nConnection: close\r\nOcp-Apim-Subscription-Key: ${key}\r\n\r\n`;
}
