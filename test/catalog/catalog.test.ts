import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { Catalog } from '../../src/catalog/catalog.ts';
import { productKey } from '../../src/catalog/product.ts';
import type { Change, Store } from '../../src/store/store.ts';
import { behind, Rig } from '../grants/rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

let store: Store;
beforeEach(async () => {
  store = await rig.openStore();
});

function product(productId: string, owner: string, distributor = '20003'): Change {
  return { key: productKey(productId), set: { owner, distributor } };
}

test('every product is known by its id, whatever characters that has', async () => {
  const ids = ['1101', '0001101', 'a/b', 'ø å', '%31', '__proto__'];
  await store.commit(ids.map((id) => product(id, `of ${id}`)));
  const catalog = await Catalog.open(store, await rig.follow(store));
  for (const id of ids) expect(catalog.attributesOf(id)).toEqual({ owner: `of ${id}`, distributor: '20003' });
  expect(catalog.attributesOf('1')).toBeUndefined();
  expect(catalog.size).toBe(ids.length);
});

test('66,000 products take less than 150 bytes of heap each', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  for (let start = 0; start < 66_000; start += 6000) {
    await store.commit(
      Array.from({ length: 6000 }, (_, n) => product(`${1_000_000 + start + n}`, `${10_001 + (n % 300)}`)),
    );
  }
  const follower = await rig.follow(store);
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const catalog = await Catalog.open(store, follower);
  collectGarbage();
  expect((process.memoryUsage().heapUsed - before) / 66_000).toBeLessThan(150);
  expect(catalog.size).toBe(66_000);
  expect(catalog.attributesOf('1065999')).toEqual({ owner: '10300', distributor: '20003' });
  expect(catalog.attributesOf('1000000')).toBe(catalog.attributesOf('1000300'));
});

test('a change, an addition and a removal are seen', async () => {
  await store.commit([product('1', 'a'), product('2', 'a')]);
  const catalog = await Catalog.open(store, await rig.follow(store));
  await store.commit([product('1', 'b'), product('3', 'a'), { key: productKey('2'), remove: true }]);
  await vi.waitFor(() => expect(catalog.attributesOf('3')).toBeDefined());
  expect(catalog.attributesOf('1')).toMatchObject({ owner: 'b' });
  expect(catalog.attributesOf('2')).toBeUndefined();
  expect(catalog.size).toBe(2);
});

test('a product is unknown from the moment that its change is known until it has been read', async () => {
  await store.commit([product('1', 'a'), product('2', 'a')]);
  const gate = Promise.withResolvers<void>();
  const slow = behind(store, { read: (keys) => gate.promise.then(() => store.read(keys)) });
  const catalog = await Catalog.open(slow, await rig.follow(slow));
  await store.commit([product('1', 'b')]);
  await vi.waitFor(() => expect(catalog.attributesOf('1')).toBeUndefined(), { interval: 2 });
  expect(catalog.attributesOf('2')).toMatchObject({ owner: 'a' });
  expect(catalog.complete).toBe(true);
  gate.resolve();
  await vi.waitFor(() => expect(catalog.attributesOf('1')).toMatchObject({ owner: 'b' }));
});

test('a change between two readings of one product wins over the earlier reading', async () => {
  await store.commit([product('1', 'a')]);
  const follower = await rig.follow(store);
  let changes = 0;
  const contested = behind(store, {
    read: async (keys) => {
      const snapshot = await store.read(keys);
      if (++changes <= 3) {
        await store.commit([product('1', `b${changes}`)]);
        const { revision } = await store.position();
        await vi.waitFor(() => expect(follower.position.revision).toBe(revision), { interval: 2 });
      }
      return snapshot;
    },
  });
  const catalog = await Catalog.open(contested, follower);
  await store.commit([product('1', 'b0')]);
  const seen = new Set<string | undefined>();
  await vi.waitFor(
    () => {
      seen.add(catalog.attributesOf('1')?.['owner']);
      expect(catalog.attributesOf('1')).toMatchObject({ owner: 'b3' });
    },
    { interval: 1 },
  );
  expect([...seen].filter((owner) => owner !== undefined && owner !== 'a')).toEqual(['b3']);
});

test('what changes while the catalog is being loaded is not missed', async () => {
  for (let start = 0; start < 3000; start += 1000) {
    await store.commit(Array.from({ length: 1000 }, (_, n) => product(`${10_000 + start + n}`, 'a')));
  }
  let pages = 0;
  const contested = behind(store, {
    list: async (prefix, page) => {
      const listed = await store.list(prefix, page);
      // Behind the page that was just read, within it, and before those to come.
      if (++pages === 2) {
        await store.commit([product('10000', 'b'), product('11500', 'b'), product('12500', 'b')]);
        await store.commit([{ key: productKey('10001'), remove: true }, product('10000x', 'b')]);
      }
      return listed;
    },
  });
  const catalog = await Catalog.open(contested, await rig.follow(store));
  await vi.waitFor(() => expect(catalog.attributesOf('10000x')).toBeDefined());
  for (const id of ['10000', '11500', '12500'])
    expect(catalog.attributesOf(id)).toMatchObject({ owner: 'b' });
  expect(catalog.attributesOf('10001')).toBeUndefined();
  expect(catalog.size).toBe(3000);
});

test('a store that cannot be read while following is read again later', async () => {
  await store.commit([product('1', 'a')]);
  let failures = 0;
  const failing = behind(store, {
    read: (keys) => (++failures < 3 ? Promise.reject(new Error('the server is gone')) : store.read(keys)),
  });
  const catalog = await Catalog.open(failing, await rig.follow(store));
  await store.commit([product('1', 'b')]);
  await vi.waitFor(() => expect(catalog.attributesOf('1')).toMatchObject({ owner: 'b' }));
  expect(failures).toBe(3);
});

test('a store that cannot be read at the start is told', async () => {
  const failing = behind(store, { list: () => Promise.reject(new Error('the server is gone')) });
  await expect(Catalog.open(failing, await rig.follow(store))).rejects.toThrow('the server is gone');
});

test('a product whose record cannot be understood is unknown, and the others are not', async () => {
  await store.commit([{ key: productKey('1'), set: { distributor: '20003' } }, product('2', 'a')]);
  const catalog = await Catalog.open(store, await rig.follow(store));
  expect(catalog.attributesOf('1')).toBeUndefined();
  expect(catalog.attributesOf('2')).toBeDefined();
  await store.commit([{ key: productKey('2'), unset: ['owner'] }, product('3', 'a')]);
  await vi.waitFor(() => expect(catalog.attributesOf('3')).toBeDefined());
  expect(catalog.attributesOf('2')).toBeUndefined();
});

test('after a change of history nothing of the old one is left', async () => {
  const other = await rig.openStore();
  await store.commit([product('1', 'a'), product('2', 'a')]);
  await other.commit([product('2', 'b'), product('3', 'b')]);
  let source = store;
  const switching = behind(store, {
    read: (keys) => source.read(keys),
    list: (prefix, page) => source.list(prefix, page),
    position: () => source.position(),
    changes: (after, signal) => source.changes(after, signal),
  });
  const catalog = await Catalog.open(switching, await rig.follow(switching));
  source = other;
  await vi.waitFor(() => expect(catalog.attributesOf('3')).toBeDefined());
  expect(catalog.complete).toBe(true);
  expect(catalog.attributesOf('1')).toBeUndefined();
  expect(catalog.attributesOf('2')).toMatchObject({ owner: 'b' });
  catalog.close();
});

test('what was begun to be read of an old history is not taken for the new one', async () => {
  const other = await rig.openStore();
  await store.commit([product('1', 'a')]);
  await other.commit([product('2', 'b')]);
  let source = store;
  const switching = behind(store, {
    read: (keys) => source.read(keys),
    list: async (prefix, page) => {
      const listed = await source.list(prefix, page);
      if (source === store) {
        source = other;
        await flushed.promise;
      }
      return listed;
    },
    position: () => source.position(),
    changes: (after, signal) => source.changes(after, signal),
  });
  const flushed = Promise.withResolvers<void>();
  const follower = await rig.follow(switching);
  follower.subscribe(({ kind }) => {
    if (kind === 'flushed') flushed.resolve();
  });
  const catalog = await Catalog.open(switching, follower);
  expect(catalog.attributesOf('1')).toBeUndefined();
  expect(catalog.attributesOf('2')).toMatchObject({ owner: 'b' });
});

test('a page older than what the feed has told is not believed', async () => {
  await store.commit([product('1', 'a')]);
  const old = await store.list('product/', { limit: 10 });
  await store.commit([product('1', 'b')]);
  const lagging = behind(store, { list: () => Promise.resolve(old) });
  await expect(Catalog.open(lagging, await rig.follow(store))).rejects.toMatchObject({ code: 'unreachable' });
});
