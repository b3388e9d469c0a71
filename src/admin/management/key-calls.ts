import { z } from 'zod';
import { keySlot } from '../../grants/records.ts';
import { type FoundKey, findKey, revokeKey } from '../../grants/subscriptions-keys.ts';
import { type Endpoint, endpoint } from '../api.ts';
import { problem } from '../problems.ts';
import { identifier } from '../schemas.ts';
import type { Operator } from './operator.ts';
import { type ManagementParts, originOf } from './paging.ts';

const body = {
  schema: z.strictObject({ key: z.string().max(256) }).meta({ id: 'KeyText' }),
  examples: { one: { key: 'the-key-as-it-was-found' } },
};
const found = z
  .strictObject({
    subscriptionId: identifier,
    slot: z.enum([...keySlot.options, 'revoked']).describe('What it opens, or opened; `revoked`: nothing.'),
  })
  .meta({ id: 'FoundKey' });
const EXAMPLE: FoundKey = { subscriptionId: '6d0bd6d2-3c39-4f6e-8a9d-0d4c0d0c7c55', slot: 'primary' };

/** Keys by their text: what to do when one has leaked. The text goes in a body, which nobody logs. */
export function keyCalls(parts: ManagementParts): readonly Endpoint<Operator>[] {
  return [
    endpoint({
      method: 'post',
      path: '/manage/v1/keys/find',
      operationId: 'manageFindKey',
      summary: 'Whose key a text is',
      body,
      answers: { 200: { description: 'What it opens.', schema: found, example: EXAMPLE } },
      problems: ['key_unknown'],
      handle: async ({ body: { key } }) => {
        const owner = await findKey(parts.store, key, parts.peppers);
        if (owner === undefined) return problem('key_unknown', 'This is nobody’s key.');
        return { status: 200, body: owner };
      },
    }),
    endpoint({
      method: 'post',
      path: '/manage/v1/keys/revoke',
      operationId: 'manageRevokeKey',
      summary: 'Take a key out of use, at once and for ever',
      body,
      answers: { 200: { description: 'What it opened until now.', schema: found, example: EXAMPLE } },
      problems: ['key_unknown', 'subscription_unknown'],
      handle: async ({ caller, body: { key } }) => {
        const outcome = await revokeKey(parts.store, originOf(caller, parts), key, parts.peppers);
        return 'code' in outcome ? outcome : { status: 200, body: outcome };
      },
    }),
  ];
}
