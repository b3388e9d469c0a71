import { z } from 'zod';
import { auditIdAt, readAuditOf } from '../../grants/audit.ts';
import { type Endpoint, endpoint } from '../api.ts';
import { AUDIT_EXAMPLE, auditPage, emailsIn } from '../audit-rows.ts';
import type { Owner } from './owner.ts';
import type { CallParts } from './permission-calls.ts';

const PAGE = 100;

export function auditCalls({ store }: CallParts): readonly Endpoint<Owner>[] {
  return [
    endpoint({
      method: 'get',
      path: '/auth/v0/audit',
      operationId: 'listAudit',
      summary: 'Who changed what of the wholesaler’s, the oldest change first',
      query: z.strictObject({
        from: z.iso.datetime({ offset: true }).optional().describe('Only what was changed then or later.'),
        after: z
          .string()
          .regex(/^[0-9a-f-]{1,64}$/)
          .optional()
          .describe('The `next` of the page before.'),
      }),
      answers: {
        200: { description: 'At most 100 events.', schema: auditPage, example: AUDIT_EXAMPLE },
      },
      problems: [],
      handle: async ({
        caller,
        query: { from, after },
      }: {
        caller: Owner;
        query: { from?: string | undefined; after?: string | undefined };
      }) => {
        const start = after ?? (from === undefined ? undefined : auditIdAt(Math.max(0, Date.parse(from))));
        const page = start === undefined ? { limit: PAGE } : { after: start, limit: PAGE };
        const { events, next } = await readAuditOf(store, caller.wholesalerId, page);
        return { status: 200, body: { events, next, users: await emailsIn(store, events) } };
      },
    }),
  ];
}
