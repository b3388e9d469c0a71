import { createTransport, type Transporter } from 'nodemailer';
import type { Secret } from '../../model/secret.ts';
import type { Mail, Mailer, MailOutcome } from './mailer.ts';

/** Milliseconds. A server may think for long before it takes a mail; RFC 5321, section 4.5.3.2 gives it minutes. */
const CONNECTION_BOUND = 20_000;
const SILENCE_BOUND = 120_000;

/** Sends mails by an SMTP server, each on a connection of its own. */
export class SmtpMailer implements Mailer {
  readonly #transport: Transporter;
  readonly #from: string;

  /** @param address a URL: `smtps:` is TLS from the start, `smtp:` TLS if the server offers it, and with a login only then */
  constructor(address: Secret, from: string) {
    const { protocol, hostname, port, username, password } = new URL(address.reveal());
    const secure = protocol === 'smtps:';
    const login = { user: decodeURIComponent(username), pass: decodeURIComponent(password) };
    this.#from = from;
    this.#transport = createTransport({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? (secure ? 465 : 587) : Number(port),
      secure,
      ...(username === '' ? {} : { auth: login, requireTLS: !secure }),
      connectionTimeout: CONNECTION_BOUND,
      greetingTimeout: CONNECTION_BOUND,
      socketTimeout: SILENCE_BOUND,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async send({ messageId, date, to, subject, text, html }: Mail): Promise<MailOutcome> {
    try {
      await this.#transport.sendMail({
        messageId: `<${messageId}>`,
        date,
        from: { name: 'Fullmakt', address: this.#from },
        to: { name: '', address: to },
        subject,
        text,
        html,
        // RFC 3834, section 5: nobody's absence is to answer it.
        headers: { 'Auto-Submitted': 'auto-generated' },
      });
      return { kind: 'accepted' };
    } catch (error) {
      return outcomeOf(error);
    }
  }
}

function outcomeOf(error: unknown): MailOutcome {
  // What nodemailer adds to its errors; any of it may be missing.
  const { code, command, response } = { code: '', command: '', response: '', ...Object(error) };
  const reply = replyOf(String(response));
  // A permanent no (RFC 5321, section 4.2.1) to the recipient or to the message. One to our login or to our own
  // address is ours to mend, and the mail waits for that.
  if (reply?.startsWith('5') && (command === 'RCPT TO' || command === 'DATA'))
    return { kind: 'refused', reply };
  return { kind: 'failed', reason: String(code), reply };
}

/** The reply code and the enhanced status code (RFC 3463) of a reply, whose words may hold anything. */
function replyOf(response: string): string | undefined {
  const [, code, status] = /^(\d{3})[ -](?:(\d\.\d{1,3}\.\d{1,3})\b)?/.exec(response) ?? [];
  return code === undefined ? undefined : [code, status].filter(Boolean).join(' ');
}
