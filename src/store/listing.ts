import type { Store, StoredRecord } from './store.ts';

/** Records that are listed in one call: others wait behind it. */
const BATCH = 1000;

/** Every record under a prefix, by ascending key; each batch as the store stands when it is asked for. */
export async function* everyRecord(store: Store, prefix: string): AsyncGenerator<StoredRecord> {
  let after: { readonly after?: string } = {};
  for (;;) {
    const { records } = await store.list(prefix, { ...after, limit: BATCH });
    yield* records;
    const last = records.at(-1);
    if (last === undefined || records.length < BATCH) return;
    after = { after: last.key };
  }
}
