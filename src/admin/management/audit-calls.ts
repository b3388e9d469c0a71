import { z } from 'zod';
import { auditIdAt, readAudit, readAuditOf } from '../../grants/audit.ts';
import { type Endpoint, endpoint } from '../api.ts';
import { AUDIT_EXAMPLE, auditPage, emailsIn } from '../audit-rows.ts';
import { identifier } from '../schemas.ts';
import type { Operator } from './operator.ts';
import { type ManagementParts, paging } from './paging.ts';

/** The account of all changes. */
export function auditCalls({ store }: ManagementParts): readonly Endpoint<Operator>[] {
  return [
    endpoint({
      method: 'get',
      path: '/manage/v1/audit',
      operationId: 'manageListAudit',
      summary: 'Who changed what, the oldest change first',
      query: z.strictObject({
        limit: paging.limit,
        after: z
          .string()
          .regex(/^[0-9a-f-]{1,64}$/)
          .optional()
          .describe('The `next` of the page before.'),
        from: z.iso.datetime({ offset: true }).optional().describe('Only what was changed then or later.'),
        wholesalerId: identifier.optional().describe('Only what is about this wholesaler and its data.'),
      }),
      answers: { 200: { description: 'One page.', schema: auditPage, example: AUDIT_EXAMPLE } },
      problems: [],
      handle: async ({ query: { limit = 100, after, from, wholesalerId } }) => {
        const start = after ?? (from === undefined ? undefined : auditIdAt(Math.max(0, Date.parse(from))));
        const page = start === undefined ? { limit } : { after: start, limit };
        const { events, next } =
          wholesalerId === undefined
            ? await readAudit(store, page)
            : await readAuditOf(store, wholesalerId, page);
        return { status: 200, body: { events, next, users: await emailsIn(store, events) } };
      },
    }),
  ];
}
