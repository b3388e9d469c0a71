import { once } from 'node:events';
import type { Server } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { vi } from 'vitest';

/** A mail as it arrived. */
export interface ArrivedMail {
  readonly from: string;
  readonly to: readonly string[];
  /** Headers and body, with quoted-printable undone. */
  readonly text: string;
  readonly messageId: string;
  readonly token: string;
  readonly secure: boolean;
}

type Hook = (address: string) => Promise<void> | void;

/** A real SMTP server on a free port, with a mailbox that takes everything unless told otherwise. */
export class MailServer {
  readonly mails: ArrivedMail[] = [];
  readonly server: SMTPServer;
  /** Asked for each recipient; throws what the server is to answer. */
  onRecipient: Hook = () => undefined;
  /** Asked when a message has come, before it is taken. */
  onMessage: Hook = () => undefined;
  port = 0;

  private constructor(options: SMTPServerOptions) {
    this.server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      logger: false,
      onRcptTo: ({ address }, _session, answer) => {
        Promise.resolve(address)
          .then(this.onRecipient)
          .then(() => answer(), answer);
      },
      onData: (stream, session, answer) => {
        void (async () => {
          const { mailFrom, rcptTo } = session.envelope;
          const text = fromQuotedPrintable(await buffer(stream));
          const to = rcptTo.map(({ address }) => address);
          try {
            await this.onMessage(to.join());
          } catch (error) {
            return answer(error instanceof Error ? error : new Error('no'));
          }
          this.mails.push({
            from: mailFrom === false ? '' : mailFrom.address,
            to,
            text,
            messageId: /^Message-ID: (.*)\r$/m.exec(text)?.[1] ?? '',
            token: /\/confirm\/([\w-]{43})/.exec(text)?.[1] ?? '',
            secure: session.secure,
          });
          answer();
        })();
      },
      ...options,
    });
    // Clients that give up are part of these tests.
    this.server.on('error', () => undefined);
  }

  static async start(options: SMTPServerOptions = {}): Promise<MailServer> {
    const mailServer = new MailServer(options);
    mailServer.port = await listenAnywhere(mailServer.server.server);
    return mailServer;
  }

  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  /** Resolves when so many mails have arrived. */
  async arrived(count: number): Promise<readonly ArrivedMail[]> {
    await vi.waitFor(
      () => {
        if (this.mails.length < count) throw new Error(`only ${this.mails.length} mails have arrived`);
      },
      { interval: 5, timeout: 5000 },
    );
    return this.mails;
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
    });
  }
}

/** Listens on a free port of this machine's own: its number. */
export async function listenAnywhere(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

/** What a server says when it does not do what it is asked. */
export function smtpReply(responseCode: number, words: string): Error {
  return Object.assign(new Error(words), { responseCode });
}

/** Of a mail whose parts are all written so; the header is left as it is. */
function fromQuotedPrintable(raw: Buffer): string {
  const bodyAt = raw.indexOf('\r\n\r\n');
  const body = raw
    .toString('latin1', bodyAt)
    .replaceAll('=\r\n', '')
    .replaceAll(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return raw.toString('utf8', 0, bodyAt) + Buffer.from(body, 'latin1').toString();
}
