import type { Identity } from '../model/identity.ts';
import type { Meaning } from './identity-reader.ts';

/** Who a caller is, by records that have not changed since. */
export class Answer {
  /** By which it is asked for again: a key's hash, or an address and what it is asked for. */
  readonly hash: string;
  /** Undefined: nobody. */
  readonly meaning: Meaning | undefined;
  current = true;

  constructor(hash: string, meaning: Meaning | undefined) {
    this.hash = hash;
    this.meaning = meaning;
  }

  /** @param now ms since the epoch: a key may end without any record's changing */
  identityAt(now: number): Identity | undefined {
    return this.meaning && now < this.meaning.endsAt ? this.meaning.identity : undefined;
  }
}

/**
 * Which answers rest on a record. Holds them weakly: an answer that its cache has dropped stays here for as long as
 * a request goes on with it, and no longer.
 */
export class AnswersByRecord {
  readonly #answers = new Map<string, Set<WeakRef<Answer>>>();
  readonly #collected = new FinalizationRegistry(
    ({ reference, keys }: { reference: WeakRef<Answer>; keys: readonly string[] }) => {
      for (const key of keys) {
        const answers = this.#answers.get(key);
        if (answers?.delete(reference) && answers.size === 0) this.#answers.delete(key);
      }
    },
  );

  /** Records on which some answer rests. */
  get size(): number {
    return this.#answers.size;
  }

  /** @param keys of all records that it was made from, absent ones too */
  add(answer: Answer, keys: readonly string[]): void {
    const reference = new WeakRef(answer);
    for (const key of keys) {
      const answers = this.#answers.get(key) ?? new Set();
      this.#answers.set(key, answers.add(reference));
    }
    this.#collected.register(answer, { reference, keys });
  }

  /** The answers that rest on a record, which from now on rest on nothing. */
  take(key: string): readonly Answer[] {
    const answers = [...(this.#answers.get(key) ?? [])].flatMap((reference) => reference.deref() ?? []);
    this.#answers.delete(key);
    return answers;
  }

  takeAll(): readonly Answer[] {
    return [...this.#answers.keys()].flatMap((key) => this.take(key));
  }
}
