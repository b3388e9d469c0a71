import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Scope } from '../model/identity.ts';
import { type Change, type Store, type StoredRecord, StoreError } from '../store/store.ts';
import type { Actor, Origin } from './actor.ts';

/** What a change is about. */
export type AuditSubject =
  | { readonly kind: 'wholesaler'; readonly wholesalerId: string }
  | { readonly kind: 'primary'; readonly wholesalerId: string; readonly userId: string }
  | { readonly kind: 'user'; readonly userId: string }
  | { readonly kind: 'apiProduct'; readonly apiProduct: string }
  | { readonly kind: 'role'; readonly roleId: string }
  | { readonly kind: 'mainRole'; readonly mainRoleId: string }
  | {
      readonly kind: 'subscription';
      readonly subscriptionId: string;
      readonly userId: string;
      readonly apiProduct: string;
    }
  | {
      readonly kind: 'permission';
      readonly wholesalerId: string;
      readonly userId: string;
      readonly roleId: string;
      readonly scope: Scope;
    }
  | { readonly kind: 'product'; readonly productId: string };

/** A thing's attributes at one time. Holds no address and no key. */
export type AuditedState = Readonly<Record<string, unknown>>;

/** What became of one thing. */
export interface AuditedChange {
  readonly kind: 'added' | 'changed' | 'removed';
  readonly subject: AuditSubject;
  /** What it was: left out where it was not there. */
  readonly before?: AuditedState | undefined;
  /** What it is: left out where it is gone. */
  readonly after?: AuditedState | undefined;
}

/** One change, in the account of all that were made. */
export interface AuditEvent {
  /** Later events have greater ids, as far as clocks agree. */
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly at: string;
  readonly actor: Actor;
  readonly route: Origin['route'];
  readonly action: AuditedChange['kind'];
  readonly subject: AuditSubject;
  readonly before: AuditedState | undefined;
  readonly after: AuditedState | undefined;
}

export interface AuditPage {
  readonly events: readonly AuditEvent[];
  /** To go on after; undefined where there are no more. */
  readonly next: string | undefined;
}

const PREFIX = 'audit/';
/** `audit-of/<wholesalerId>/<id>`: which events are about a wholesaler and what it grants. */
const INDEX_PREFIX = 'audit-of/';

function json<Value>(schema: z.ZodType<Value>) {
  return z.string().transform((text) => schema.parse(JSON.parse(text)));
}

const id = z.string();
const actor: z.ZodType<Actor> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('user'), userId: id }),
  z.strictObject({ kind: z.literal('operator'), name: z.string() }),
  z.strictObject({ kind: z.literal('system'), name: z.string() }),
]);
const scope = z.record(z.string(), z.array(z.string()));
const subject: z.ZodType<AuditSubject> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('wholesaler'), wholesalerId: id }),
  z.strictObject({ kind: z.literal('primary'), wholesalerId: id, userId: id }),
  z.strictObject({ kind: z.literal('user'), userId: id }),
  z.strictObject({ kind: z.literal('apiProduct'), apiProduct: id }),
  z.strictObject({ kind: z.literal('role'), roleId: id }),
  z.strictObject({ kind: z.literal('mainRole'), mainRoleId: id }),
  z.strictObject({ kind: z.literal('subscription'), subscriptionId: id, userId: id, apiProduct: id }),
  z.strictObject({ kind: z.literal('permission'), wholesalerId: id, userId: id, roleId: id, scope }),
  z.strictObject({ kind: z.literal('product'), productId: id }),
]);
const state: z.ZodType<AuditedState> = z.record(z.string(), z.unknown());

/** How an event stands in the store. */
const storedEvent = z.strictObject({
  at: z.iso.datetime({ precision: 3 }),
  actor: json(actor),
  route: z.enum(['auth-api', 'management', 'portal', 'apply', 'import', 'confirmation']),
  action: z.enum(['added', 'changed', 'removed']),
  subject: json(subject),
  before: json(state).optional(),
  after: json(state).optional(),
});

/** The time and the place in it of the last id that this process made: its ids never go back. */
const last = { time: 0, place: 0 };

/**
 * Makes the event of a change.
 * @param at when its plan was made, RFC 3339, UTC
 */
export function auditEvent(change: AuditedChange, origin: Origin, at: string): AuditEvent {
  const { kind: action, subject, before, after } = change;
  const id = nextId(Date.parse(at));
  return { id, at, actor: origin.actor, route: origin.route, action, subject, before, after };
}

function nextId(time: number): string {
  if (time > last.time) Object.assign(last, { time, place: 0 });
  else last.place += 1;
  const place = String(last.place).padStart(7, '0');
  return `${auditIdAt(last.time)}-${place}-${randomBytes(6).toString('hex')}`;
}

/** What writes an event; it belongs in the commit of the change that it tells of. */
export function changesOfEvent(event: AuditEvent): readonly Change[] {
  const { id, at, actor, route, action, subject, before, after } = event;
  const set: Record<string, string> = {
    at,
    actor: JSON.stringify(actor),
    route,
    action,
    subject: JSON.stringify(subject),
    ...(before === undefined ? {} : { before: JSON.stringify(before) }),
    ...(after === undefined ? {} : { after: JSON.stringify(after) }),
  };
  const own: Change = { key: PREFIX + id, set };
  const wholesalers = new Set([subject, before ?? {}].flatMap(wholesalerIdOf));
  return [
    own,
    ...[...wholesalers].map((wholesalerId) => ({
      key: `${INDEX_PREFIX}${wholesalerId}/${id}`,
      set: { kind: subject.kind },
    })),
  ];
}

function wholesalerIdOf(named: object): readonly string[] {
  return 'wholesalerId' in named && typeof named.wholesalerId === 'string' ? [named.wholesalerId] : [];
}

/**
 * All events, the oldest first.
 *
 * @param page.after an event's id, or its beginning: `auditIdAt` gives that of a time
 * @throws StoreError
 */
export async function readAudit(
  store: Store,
  page: { readonly after?: string; readonly limit: number },
): Promise<AuditPage> {
  const { records } = await store.list(PREFIX, within(PREFIX, page));
  return pageOf(records.map(decode), page.limit);
}

/** The events about one wholesaler and what it grants, the oldest first. */
export async function readAuditOf(
  store: Store,
  wholesalerId: string,
  page: { readonly after?: string; readonly limit: number },
): Promise<AuditPage> {
  const prefix = `${INDEX_PREFIX}${wholesalerId}/`;
  const index = await store.list(prefix, within(prefix, page));
  const keys = index.records.map(({ key }) => PREFIX + key.slice(prefix.length));
  if (keys.length === 0) return pageOf([], page.limit);
  const { records } = await store.read(keys);
  return pageOf(
    records.flatMap((record) => (record === undefined ? [] : [decode(record)])),
    page.limit,
  );
}

/** What the ids of all events at or after a time come after. @param instant ms since the epoch */
export function auditIdAt(instant: number): string {
  return String(instant).padStart(15, '0');
}

function within(prefix: string, { after, limit }: { readonly after?: string; readonly limit: number }) {
  return after === undefined ? { limit } : { after: prefix + after, limit };
}

function pageOf(events: readonly AuditEvent[], limit: number): AuditPage {
  return { events, next: events.length < limit ? undefined : events.at(-1)?.id };
}

function decode(record: StoredRecord): AuditEvent {
  const event = storedEvent.safeParse(record.fields);
  if (!event.success) throw new StoreError('corrupt', `a record under ${PREFIX} cannot be read`);
  const { before, after, ...rest } = event.data;
  return { id: record.key.slice(PREFIX.length), before, after, ...rest };
}
