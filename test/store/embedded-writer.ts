// Another process for embedded.test.ts: counts a record up, FILE, so many TIMES.
import { EmbeddedStore } from '../../src/store/embedded/embedded-store.ts';

const [, , file = '', times = ''] = process.argv;
const store = await EmbeddedStore.open(file);
for (let done = 0; done < Number(times); ) {
  const [record] = (await store.read(['counter'])).records;
  const count = String(Number(record?.fields['count'] ?? '0') + 1);
  const guard = { key: 'counter', revision: record?.revision ?? 0 };
  if ((await store.commit([{ key: 'counter', set: { count } }], [guard])).committed) done += 1;
}
await store.close();
