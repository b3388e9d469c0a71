import { z } from 'zod';
import type { AuditEvent } from '../grants/audit.ts';
import * as records from '../grants/records.ts';
import type { Store } from '../store/store.ts';

const state = z.record(z.string(), z.unknown()).describe('Its attributes.');

/** An event of the audit as it is told. */
const auditRow = z
  .strictObject({
    id: z.string().describe('Later events have greater ids.'),
    at: z.iso.datetime({ precision: 3 }),
    actor: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('user'), userId: z.string() }),
      z.strictObject({ kind: z.literal('operator'), name: z.string() }),
      z.strictObject({ kind: z.literal('system'), name: z.string() }),
    ]),
    route: z.string().describe('By which way the change came in.'),
    action: z.enum(['added', 'changed', 'removed']),
    subject: z.looseObject({ kind: z.string() }).describe('What was changed.'),
    before: state.optional(),
    after: state.optional(),
  })
  .meta({ id: 'AuditEvent' });

/** A page of the audit. */
export const auditPage = z
  .strictObject({
    events: z.array(auditRow),
    next: z.string().optional().describe('Pass it as `after` for the next page; left out: this is the last.'),
    users: z
      .record(z.string(), z.string())
      .describe(
        'The email addresses of the users that the events name by id; an erased user is not among them.',
      ),
  })
  .meta({ id: 'AuditPage' });

export const AUDIT_EXAMPLE = {
  events: [
    {
      id: '001777982639000-0000000-5f1d0c9e2b7a',
      at: '2026-05-05T12:03:59.000Z',
      actor: { kind: 'user', userId: '0b8c1ff0-0d6c-4f0c-9d3c-2b9a5b8f7a11' },
      route: 'auth-api',
      action: 'added',
      subject: {
        kind: 'permission',
        wholesalerId: '10001',
        userId: '6f0a53a4-52f2-4c31-9a9e-1f3f6f1f8a02',
        roleId: 'STOCK_READ',
        scope: {},
      },
      after: { mainRoleId: 'DISTRIBUTION', active: true },
    },
  ],
  users: {
    '0b8c1ff0-0d6c-4f0c-9d3c-2b9a5b8f7a11': 'api@wholesaler.no',
    '6f0a53a4-52f2-4c31-9a9e-1f3f6f1f8a02': 'api@distributor.no',
  },
};

/** The addresses, by id, of the users that events name and that are still there. */
export async function emailsIn(
  store: Store,
  events: readonly AuditEvent[],
): Promise<Readonly<Record<string, string>>> {
  const userIds = [...new Set(events.flatMap(({ actor, subject }) => [actor, subject].flatMap(userIdOf)))];
  if (userIds.length === 0) return {};
  const { records: found } = await store.read(userIds.map((userId) => records.users.key(userId)));
  return Object.fromEntries(
    found.flatMap((record, index) =>
      record === undefined ? [] : [[userIds[index] ?? '', records.users.decode(record).email]],
    ),
  );
}

function userIdOf(named: object): readonly string[] {
  return 'userId' in named && typeof named.userId === 'string' ? [named.userId] : [];
}
