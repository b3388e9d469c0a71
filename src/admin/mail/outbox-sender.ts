import { setTimeout as sleep } from 'node:timers/promises';
import { confirmationToken } from '../../grants/confirmation.ts';
import {
  type Delivery,
  dueMails,
  type HeldMail,
  holdLonger,
  holdMail,
  settleMail,
  type WaitingMail,
} from '../../grants/outbox.ts';
import type { Pepper } from '../../model/route.ts';
import { type Store, StoreError } from '../../store/store.ts';
import type { Logger } from '../../telemetry/log.ts';
import { confirmationMail } from './confirmation-mail.ts';
import type { Mail, Mailer, MailOutcome } from './mailer.ts';

const SECOND = 1000;
const HOUR = 3600 * SECOND;
/** Milliseconds between two looks into the outbox. */
const POLL = SECOND;
/** Mails that are looked for at once. */
const BATCH = 50;
/** Mails that are sent at once, each on its own connection: mail servers bound how many one client may have. */
const PARALLEL = 5;
/** For so long a mail is tried (RFC 5321, section 4.5.4.1 asks for four to five days). */
const PATIENCE = 5 * 24 * HOUR;

export interface OutboxSenderParts {
  readonly store: Store;
  readonly mailer: Mailer;
  readonly log: Logger;
  /** Makes the links' tokens. */
  readonly pepper: Pepper;
  /** Where people reach the admin service. */
  readonly publicUrl: URL;
  /** Milliseconds after which others may take up a mail whose sender is dead; 30,000 unless given. */
  readonly hold?: number;
}

/**
 * Sends what is in the outbox. Several may run at once, in processes that know nothing of each other: each mail is held
 * by one of them while it is sent, and taken up by another only if that one is gone.
 */
export class OutboxSender {
  readonly #parts: OutboxSenderParts;
  readonly #hold: number;
  readonly #closed = new AbortController();
  #running: Promise<void> = Promise.resolve();
  /** The store has failed since it last answered. */
  #failing = false;

  private constructor(parts: OutboxSenderParts) {
    this.#parts = parts;
    this.#hold = parts.hold ?? 30 * SECOND;
  }

  static start(parts: OutboxSenderParts): OutboxSender {
    const sender = new OutboxSender(parts);
    sender.#running = sender.#run();
    return sender;
  }

  /** Resolves when the mails that are being sent have been. */
  async close(): Promise<void> {
    this.#closed.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closed;
    while (!signal.aborted) {
      const found = await this.#sendDue();
      // Rejects only where it is cut short.
      if (found < BATCH) await sleep(POLL, undefined, { signal }).catch(() => undefined);
    }
  }

  /** @returns how many mails were due */
  async #sendDue(): Promise<number> {
    const { store, log } = this.#parts;
    try {
      const due = await dueMails(store, Date.now(), BATCH);
      await this.#sendAll([...due]);
      this.#failing = false;
      return due.length;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (!this.#failing) log.error({ err: error }, 'the outbox cannot be read or written');
      this.#failing = true;
      return 0;
    }
  }

  async #sendAll(queue: WaitingMail[]): Promise<void> {
    const sendNext = async (): Promise<void> => {
      for (let mail = queue.shift(); mail && !this.#closed.signal.aborted; mail = queue.shift()) {
        await this.#send(mail);
      }
    };
    // None is left behind at work where another fails.
    const ends = await Promise.allSettled(Array.from({ length: PARALLEL }, sendNext));
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  async #send(mail: WaitingMail): Promise<void> {
    const { store, log, pepper } = this.#parts;
    const token = confirmationToken(mail.mailId, pepper);
    const held = await holdMail(store, mail, Date.now() + this.#hold, token);
    if (held === undefined) return;
    const content = confirmationMail({
      email: held.email,
      wholesalerName: held.wholesalerName,
      link: new URL(`${this.#parts.publicUrl.href.replace(/\/$/, '')}/confirm/${token.reveal()}`),
    });
    const { outcome, left } = await this.#whileHeld(held, {
      ...content,
      messageId: `${mail.mailId}@${this.#parts.publicUrl.hostname}`,
      date: new Date(mail.createdAt),
      to: held.email,
    });
    const { mailId, attempts } = held;
    if (outcome.kind === 'accepted') log.info({ mailId, attempts }, 'mail sent');
    else log.warn({ mailId, attempts, ...outcome }, 'mail not sent');
    if (left !== undefined) await this.#settle(left, deliveryOf(held, outcome));
  }

  /** Sends a mail and holds it all the while; `left` is undefined if it was taken by somebody else. */
  async #whileHeld(
    held: HeldMail,
    mail: Mail,
  ): Promise<{ readonly outcome: MailOutcome; readonly left: HeldMail | undefined }> {
    const sent = new AbortController();
    const holding = this.#keepHolding(held, sent.signal);
    const outcome = await this.#parts.mailer.send(mail);
    sent.abort();
    return { outcome, left: await holding };
  }

  async #keepHolding(held: HeldMail, sent: AbortSignal): Promise<HeldMail | undefined> {
    let left: HeldMail | undefined = held;
    for (;;) {
      await sleep(this.#hold / 3, undefined, { signal: sent }).catch(() => undefined);
      if (sent.aborted || left === undefined) return left;
      try {
        left = await holdLonger(this.#parts.store, left, Date.now() + this.#hold);
      } catch (error) {
        // The store may answer again before the time is over.
        if (!(error instanceof StoreError)) throw error;
      }
    }
  }

  /** Writes what became of a mail; while the store does not answer, again and again until others may take the mail. */
  async #settle(held: HeldMail, delivery: Delivery): Promise<void> {
    const until = performance.now() + this.#hold;
    for (;;) {
      try {
        await settleMail(this.#parts.store, held, delivery);
        return;
      } catch (error) {
        if (!(error instanceof StoreError) || performance.now() > until) throw error;
        await sleep(this.#hold / 30);
      }
    }
  }
}

function deliveryOf({ createdAt, attempts }: HeldMail, outcome: MailOutcome): Delivery {
  if (outcome.kind === 'accepted') return { kind: 'sent' };
  const { reply } = outcome;
  if (outcome.kind === 'refused') return { kind: 'refused', reply };
  const now = Date.now();
  if (now > Date.parse(createdAt) + PATIENCE) return { kind: 'given_up', reply };
  return { kind: 'later', due: now + pauseAfter(attempts), reply };
}

/** Milliseconds until the next attempt: about a minute at first, doubling to about an hour. */
function pauseAfter(attempts: number): number {
  return Math.min(HOUR, 60 * SECOND * 2 ** Math.min(attempts - 1, 10)) * (0.75 + Math.random() / 2);
}
