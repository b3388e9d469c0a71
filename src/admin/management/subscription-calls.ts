import { z } from 'zod';
import * as records from '../../grants/records.ts';
import { createSubscription, updateSubscription } from '../../grants/subscriptions.ts';
import { regenerateKey } from '../../grants/subscriptions-keys.ts';
import {
  readSubscriptions,
  readSubscriptionsOf,
  type SubscriptionState,
} from '../../grants/subscriptions-read.ts';
import type { Answer, Endpoint } from '../api.ts';
import { endpoint } from '../api.ts';
import { type AdminProblem, problem } from '../problems.ts';
import { identifier, words } from '../schemas.ts';
import type { Operator } from './operator.ts';
import { declaredEtag, etagOf, ifMatch, type ManagementParts, originOf } from './paging.ts';
import { USER_ID } from './user-calls.ts';

const time = z.iso.datetime({ precision: 3 });
/** A time that a caller gives, in any offset; comes out in UTC with milliseconds. */
const givenTime = z.iso
  .datetime({ offset: true })
  .refine((text) => Number.isFinite(Date.parse(text)), 'must be a time')
  .transform((text) => new Date(text).toISOString());

const keyState = z.strictObject({
  hint: z.string().describe('Its last four characters.'),
  endsAt: time.optional(),
  revokedAt: time.optional(),
  lastUsedAt: time.optional().describe('To a minute or two.'),
});
const subscriptionRow = z
  .strictObject({
    subscriptionId: identifier,
    userId: identifier,
    apiProduct: identifier,
    name: z.string().optional(),
    state: records.subscriptionState,
    createdAt: time,
    endsAt: time.optional().describe('From then on its keys open nothing.'),
    keys: z.strictObject({
      primary: keyState.optional(),
      secondary: keyState.optional(),
      oldPrimary: keyState.optional().describe('The one before, while it overlaps.'),
      oldSecondary: keyState.optional(),
    }),
    revision: z.int(),
  })
  .meta({ id: 'Subscription' });
const newKeys = z.strictObject({ primary: z.string(), secondary: z.string() });
const created = z
  .strictObject({ subscriptionId: identifier, keys: newKeys.describe('Shown this once.') })
  .meta({ id: 'CreatedSubscription' });

const SUBSCRIPTION_ID = '6d0bd6d2-3c39-4f6e-8a9d-0d4c0d0c7c55';
const AT = '2026-05-05T12:03:59.000Z';
const SUBSCRIPTION = {
  subscriptionId: SUBSCRIPTION_ID,
  userId: USER_ID,
  apiProduct: 'my-products',
  state: 'active',
  createdAt: AT,
  keys: { primary: { hint: 'x8Qk', lastUsedAt: AT }, secondary: { hint: 'p0Zs' } },
  revision: 17,
};
const KEY = '…43 characters, shown this once…';
const ofUser = z.strictObject({ userId: identifier });
const ofSubscription = z.strictObject({ subscriptionId: identifier });
const asItIs = { schema: subscriptionRow, example: SUBSCRIPTION, headers: declaredEtag };

/** Who may call which APIs, by which keys. */
export function subscriptionCalls(parts: ManagementParts): readonly Endpoint<Operator>[] {
  return [listCall(parts), createCall(parts), getCall(parts), updateCall(parts), regenerateCall(parts)];
}

function toRow({ id, ...state }: SubscriptionState): object {
  return { subscriptionId: id, ...state };
}

function listCall({ store }: ManagementParts): Endpoint<Operator> {
  return endpoint({
    method: 'get',
    path: '/manage/v1/users/{userId}/subscriptions',
    operationId: 'manageListSubscriptions',
    summary: 'A user’s subscriptions, cancelled ones too, the oldest first',
    parameters: ofUser,
    answers: {
      200: {
        description: 'All of them.',
        schema: z.strictObject({ items: z.array(subscriptionRow) }).meta({ id: 'Subscriptions' }),
        example: { items: [SUBSCRIPTION] },
      },
    },
    problems: ['user_unknown'],
    handle: async ({ parameters: { userId } }) => {
      const [user] = (await store.read([records.users.key(userId)])).records;
      if (user === undefined) return problem('user_unknown', 'There is no such user.');
      return { status: 200, body: { items: (await readSubscriptionsOf(store, userId)).map(toRow) } };
    },
  });
}

function createCall(parts: ManagementParts): Endpoint<Operator> {
  const body = z
    .strictObject({ apiProduct: identifier, name: words.optional(), endsAt: givenTime.optional() })
    .meta({ id: 'NewSubscription' });
  return endpoint({
    method: 'post',
    path: '/manage/v1/users/{userId}/subscriptions',
    operationId: 'manageCreateSubscription',
    summary: 'Subscribe a user to an API product; the keys are shown this once',
    parameters: ofUser,
    body: { schema: body, examples: { one: { apiProduct: 'my-products', name: 'Stock robot' } } },
    answers: {
      201: {
        description: 'It is there.',
        schema: created,
        example: { subscriptionId: SUBSCRIPTION_ID, keys: { primary: KEY, secondary: KEY } },
      },
    },
    problems: ['user_unknown', 'api_product_unknown', 'subscription_exists'],
    handle: async ({ caller, parameters: { userId }, body }) => {
      const origin = originOf(caller, parts);
      const outcome = await createSubscription(parts.store, origin, { userId, ...body }, parts.peppers);
      if ('code' in outcome) return outcome;
      const { primary, secondary } = outcome.keys;
      const keys = { primary: primary.reveal(), secondary: secondary.reveal() };
      return { status: 201, body: { subscriptionId: outcome.id, keys } };
    },
  });
}

function getCall(parts: ManagementParts): Endpoint<Operator> {
  return endpoint({
    method: 'get',
    path: '/manage/v1/subscriptions/{subscriptionId}',
    operationId: 'manageGetSubscription',
    summary: 'One subscription',
    parameters: ofSubscription,
    answers: { 200: { description: 'As it is.', ...asItIs } },
    problems: ['subscription_unknown'],
    handle: ({ parameters }) => read(parts, parameters.subscriptionId),
  });
}

async function read({ store }: ManagementParts, id: string): Promise<Answer | AdminProblem> {
  const [state] = await readSubscriptions(store, [id]);
  if (state === undefined) return problem('subscription_unknown', 'There is no such subscription.');
  return { status: 200, body: toRow(state), headers: etagOf(state.revision) };
}

function updateCall(parts: ManagementParts): Endpoint<Operator> {
  const body = z
    .strictObject({
      state: records.subscriptionState
        .optional()
        .describe('`suspended` can become `active` again, `cancelled` nothing.'),
      name: words.nullable().optional(),
      endsAt: givenTime.nullable().optional(),
    })
    .meta({ id: 'SubscriptionUpdate', description: 'What is left out stays; null takes away.' });
  return endpoint({
    method: 'patch',
    path: '/manage/v1/subscriptions/{subscriptionId}',
    operationId: 'manageUpdateSubscription',
    summary: 'Suspend, resume, cancel, rename a subscription, or set its end',
    parameters: ofSubscription,
    headers: ifMatch,
    body: { schema: body, examples: { suspend: { state: 'suspended' }, cancel: { state: 'cancelled' } } },
    answers: { 200: { description: 'As it is now.', ...asItIs } },
    problems: ['subscription_unknown', 'subscription_cancelled', 'revision_outdated'],
    handle: async ({ caller, parameters: { subscriptionId: id }, headers, body }) => {
      const target = { id, revision: headers['if-match'] };
      const outcome = await updateSubscription(parts.store, originOf(caller, parts), target, body);
      return 'code' in outcome ? outcome : read(parts, id);
    },
  });
}

function regenerateCall(parts: ManagementParts): Endpoint<Operator> {
  const overlap = z
    .int()
    .min(0)
    .max(30 * 24 * 3600)
    .default(0)
    .describe('Seconds for which the old key goes on being good.');
  return endpoint({
    method: 'post',
    path: '/manage/v1/subscriptions/{subscriptionId}/keys/{slot}',
    operationId: 'manageRegenerateKey',
    summary: 'Make a new key in place of one; it is shown this once',
    parameters: z.strictObject({ subscriptionId: identifier, slot: z.enum(['primary', 'secondary']) }),
    headers: ifMatch,
    body: {
      schema: z.strictObject({ overlap }).meta({ id: 'KeyRenewal' }),
      examples: { atOnce: {}, anHour: { overlap: 3600 } },
    },
    answers: {
      200: {
        description: 'The new key.',
        schema: z.strictObject({ key: z.string() }).meta({ id: 'RenewedKey' }),
        example: { key: KEY },
      },
    },
    problems: ['subscription_unknown', 'subscription_cancelled', 'revision_outdated'],
    handle: async ({ caller, parameters: { subscriptionId: id, slot }, headers, body }) => {
      const target = { id, revision: headers['if-match'] };
      const renewal = { slot, overlap: body.overlap * 1000 };
      const origin = originOf(caller, parts);
      const outcome = await regenerateKey(parts.store, origin, target, renewal, parts.peppers);
      return 'code' in outcome ? outcome : { status: 200, body: { key: outcome.key.reveal() } };
    },
  });
}
