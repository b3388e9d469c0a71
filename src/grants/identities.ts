import { LRUCache } from 'lru-cache';
import type { Identity } from '../model/identity.ts';
import { Secret } from '../model/secret.ts';
import type { Follower, StoreEvent } from '../store/follower.ts';
import { type Store, StoreError } from '../store/store.ts';
import { Answer, AnswersByRecord } from './answer.ts';
import { IdentityReader, type Reading } from './identity-reader.ts';
import type { LastUse } from './last-use.ts';
import { hashSubscriptionKey, isSubscriptionKey, type Peppers } from './subscription-key.ts';

/** What the known identities may hold together: each counts as 4, and 1 for each grant, of some 320 bytes: 64 MB. */
const KNOWN_SIZE = 200_000;
/** Keys of nobody that are remembered, so that trying one again and again does not load the store. */
const UNKNOWN_KEYS = 10_000;
/** Readings that changes may overtake before a request is told that it can't be answered. */
const ATTEMPTS = 10;

/** Reads who a caller is; gets the set to write down every record's key in before it is read. */
type Read = (keys: Set<string>) => Promise<Reading>;

/** A reading of records that is under way. */
interface Fill {
  readonly answer: Promise<Answer>;
  /** The records that it has read or is about to read. */
  readonly keys: Set<string>;
  /** One of them has changed since. */
  overtaken: boolean;
}

/**
 * Finds out who a subscription key stands for, or whose an address is, and forgets it the moment that a record it rests on is known to have
 * changed. An identity that has changed is a new object.
 */
export class Identities {
  readonly #follower: Follower;
  readonly #peppers: Peppers;
  readonly #reader: IdentityReader;
  readonly #lastUse: LastUse | undefined;
  readonly #unsubscribe: () => void;
  // By the key's hash under the first pepper, or by what an address is asked for. Apart, so that those who guess do not push out those who know.
  readonly #known: LRUCache<string, Answer>;
  readonly #unknown: LRUCache<string, Answer>;
  readonly #fills = new Map<string, Fill>();
  readonly #byRecord = new AnswersByRecord();
  /** Remembers an identity for as long as a request holds it, longer than the cache may. */
  readonly #answerOf = new WeakMap<Identity, Answer>();

  constructor(parts: {
    readonly store: Store;
    readonly follower: Follower;
    readonly peppers: Peppers;
    /** In which a permission's last day ends; an IANA name. */
    readonly timezone: string;
    /** Is told of each key that somebody came with. */
    readonly lastUse?: LastUse;
  }) {
    this.#follower = parts.follower;
    this.#peppers = parts.peppers;
    this.#reader = new IdentityReader(parts.store, parts.timezone);
    this.#lastUse = parts.lastUse;
    this.#known = new LRUCache({
      maxSize: KNOWN_SIZE,
      sizeCalculation: ({ meaning }) => 4 + (meaning?.identity.grants.length ?? 0),
    });
    this.#unknown = new LRUCache({ max: UNKNOWN_KEYS });
    this.#unsubscribe = parts.follower.subscribe((event) => this.#hear(event));
  }

  /**
   * @param text as the caller sent it
   * @returns undefined for a key of nobody, for one that has ended, and for one whose subscription is not active
   * @throws StoreError `unreachable`; `corrupt` for records that contradict each other
   */
  async identify(text: string): Promise<Identity | undefined> {
    if (!isSubscriptionKey(text)) return undefined;
    const key = new Secret(text);
    const hashes = this.#peppers.map((pepper) => hashSubscriptionKey(key, pepper));
    return this.#find(hashes[0] ?? '', (read) => this.#reader.read(hashes, read));
  }

  /**
   * Who has an address, for a caller whom somebody else has proved to be its user.
   * @param email in its one form
   * @param subscription what stands in the place of one
   * @returns undefined where nobody has the address, or has not confirmed it
   * @throws StoreError as `identify`
   */
  async identifyHolder(email: string, subscription: Identity['subscription']): Promise<Identity | undefined> {
    const { id, apiProduct } = subscription;
    return this.#find(JSON.stringify([id, apiProduct, email]), (read) =>
      this.#reader.readHolder(email, subscription, read),
    );
  }

  /** False once anything that the identity was made from is known to have changed, and when its key has ended. */
  isCurrent(identity: Identity): boolean {
    const answer = this.#answerOf.get(identity);
    return answer?.current === true && answer.identityAt(Date.now()) !== undefined;
  }

  close(): void {
    this.#unsubscribe();
    this.#forgetAll();
  }

  async #find(hash: string, read: Read): Promise<Identity | undefined> {
    const remembered = this.#known.get(hash) ?? this.#unknown.get(hash);
    if (remembered !== undefined) return this.#present(remembered);
    const fill = this.#fills.get(hash) ?? this.#startFill(hash, read);
    const answer = await fill.answer;
    // A change may have become known between the answer and its way here.
    return answer.current ? this.#present(answer) : this.#find(hash, read);
  }

  #present(answer: Answer): Identity | undefined {
    const now = Date.now();
    const identity = answer.identityAt(now);
    const stored = answer.meaning?.stored;
    if (identity !== undefined && stored !== undefined)
      this.#lastUse?.note(identity.subscription.id, { stored, renewed: answer.hash, at: now });
    return identity;
  }

  #startFill(hash: string, read: Read): Fill {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const fill: Fill = { answer: promise, keys: new Set(), overtaken: false };
    this.#fills.set(hash, fill);
    resolve(this.#fill(hash, read, fill));
    return fill;
  }

  async #fill(hash: string, read: Read, fill: Fill): Promise<Answer> {
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
        fill.keys.clear();
        fill.overtaken = false;
        const known = this.#follower.position.revision;
        const { answer, revision } = await read(fill.keys);
        // One older than what the feed has told is of a server that lags, or of a history that was lost.
        if (!fill.overtaken && revision >= known) return this.#remember(new Answer(hash, answer), fill);
      }
    } finally {
      this.#fills.delete(hash);
    }
    throw new StoreError('unreachable', 'the records of a caller change faster than they can be read');
  }

  #remember(answer: Answer, { keys }: Fill): Answer {
    this.#byRecord.add(answer, [...keys]);
    (answer.meaning === undefined ? this.#unknown : this.#known).set(answer.hash, answer);
    if (answer.meaning !== undefined) this.#answerOf.set(answer.meaning.identity, answer);
    return answer;
  }

  #hear(event: StoreEvent): void {
    if (event.kind === 'flushed') {
      this.#forgetAll();
      for (const fill of this.#fills.values()) fill.overtaken = true;
      return;
    }
    for (const key of event.keys) {
      for (const answer of this.#byRecord.take(key)) this.#forget(answer);
      for (const fill of this.#fills.values()) if (fill.keys.has(key)) fill.overtaken = true;
    }
  }

  #forget(answer: Answer): void {
    answer.current = false;
    for (const cache of [this.#known, this.#unknown]) {
      if (cache.peek(answer.hash) === answer) cache.delete(answer.hash);
    }
  }

  #forgetAll(): void {
    for (const answer of this.#byRecord.takeAll()) answer.current = false;
    this.#known.clear();
    this.#unknown.clear();
  }
}
