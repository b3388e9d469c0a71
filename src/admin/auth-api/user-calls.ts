import { z } from 'zod';
import { resendConfirmation } from '../../grants/confirmation.ts';
import * as records from '../../grants/records.ts';
import { type Endpoint, endpoint } from '../api.ts';
import { problem } from '../problems.ts';
import { email } from '../schemas.ts';
import type { Owner } from './owner.ts';
import { type CallParts, originOf } from './permission-calls.ts';

const answer = z
  .strictObject({ email: z.string(), requestedAt: z.iso.datetime({ precision: 3 }) })
  .meta({ id: 'ConfirmationRequested' });

export function userCalls(parts: CallParts): readonly Endpoint<Owner>[] {
  return [
    endpoint({
      method: 'post',
      path: '/auth/v0/user/confirmation',
      operationId: 'resendConfirmation',
      summary: 'Ask a user by another mail to confirm the address',
      description: 'Its link takes the place of the last one’s. Ten minutes at least between two mails.',
      body: {
        schema: z.strictObject({ email }).meta({ id: 'ConfirmationRequest' }),
        examples: { user: { email: 'api@distributor.no' } },
      },
      answers: {
        202: {
          description: 'The mail is on its way.',
          schema: answer,
          example: { email: 'api@distributor.no', requestedAt: '2026-05-05T12:03:59.000Z' },
        },
      },
      problems: ['user_unknown', 'already_confirmed', 'mail_recent'],
      handle: async ({ caller, body }) => {
        const [record] = (await parts.store.read([records.emails.key(body.email)])).records;
        if (record === undefined) {
          return problem('user_unknown', 'The wholesaler has granted no such user anything.');
        }
        const user = { userId: records.emails.decode(record).userId, wholesalerId: caller.wholesalerId };
        const outcome = await resendConfirmation(parts.store, originOf(caller, parts), user);
        if ('code' in outcome) return outcome;
        return { status: 202, body: { email: body.email, requestedAt: outcome.requestedAt } };
      },
    }),
  ];
}
