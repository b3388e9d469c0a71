import type { MailContent } from './confirmation-mail.ts';

/** A mail to one address. */
export interface Mail extends MailContent {
  /** Of RFC 5322, section 3.6.4, without its angle brackets: the same at every attempt. */
  readonly messageId: string;
  /** When it was made. */
  readonly date: Date;
  readonly to: string;
}

/** What became of a mail. `reply` is what the server answered, in numbers: `550 5.1.1`. */
export type MailOutcome =
  | { readonly kind: 'accepted' }
  /** The server will never take this mail for this address. */
  | { readonly kind: 'refused'; readonly reply: string }
  /** Not now, or not by this server; the reason in a word for the log. */
  | { readonly kind: 'failed'; readonly reason: string; readonly reply: string | undefined };

/** A way for mails to leave. */
export interface Mailer {
  send(mail: Mail): Promise<MailOutcome>;
}
