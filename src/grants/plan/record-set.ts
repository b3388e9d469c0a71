import type { Change, StoredRecord } from '../../store/store.ts';

/** Records by key, on which changes can be tried. */
export class RecordSet {
  readonly #records = new Map<string, StoredRecord>();
  /** The fields of those that were changed here, ours to change again; others' are shared with their reader. */
  readonly #own = new Map<string, Record<string, string>>();

  get(key: string): StoredRecord | undefined {
    return this.#records.get(key);
  }

  all(): readonly StoredRecord[] {
    return [...this.#records.values()];
  }

  put(record: StoredRecord): void {
    this.#records.set(record.key, record);
  }

  /** @param revision of the commit that the change belongs to */
  apply(change: Change, revision: number): void {
    const { key } = change;
    if ('remove' in change) return this.#remove(key);
    const fields = this.#own.get(key) ?? Object.assign(Object.create(null), this.#records.get(key)?.fields);
    Object.assign(fields, change.set);
    for (const name of change.unset ?? []) Reflect.deleteProperty(fields, name);
    if (change.set === undefined && Object.keys(fields).length === 0) return this.#remove(key);
    this.#own.set(key, fields);
    this.#records.set(key, { key, revision, fields });
  }

  #remove(key: string): void {
    this.#records.delete(key);
    this.#own.delete(key);
  }
}
