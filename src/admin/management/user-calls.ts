import { z } from 'zod';
import * as records from '../../grants/records.ts';
import { addPrimaryEmail, eraseUser, removePrimaryEmail } from '../../grants/users.ts';
import type { StoredRecord } from '../../store/store.ts';
import { type Endpoint, endpoint } from '../api.ts';
import { problem } from '../problems.ts';
import { email, identifier } from '../schemas.ts';
import type { Operator } from './operator.ts';
import {
  declaredPage,
  type ManagementParts,
  originOf,
  type PageQuery,
  pageOf,
  pageUnder,
  paging,
} from './paging.ts';

const userRow = z
  .strictObject({
    userId: identifier,
    email: z.string(),
    confirmedAt: z.iso.datetime({ precision: 3 }).optional().describe('Left out: not confirmed yet.'),
    owns: identifier.optional().describe('The wholesaler whose primary email it is.'),
    revision: z.int(),
  })
  .meta({ id: 'User' });
const primaryRow = z.strictObject({ email: z.string(), userId: identifier }).meta({ id: 'PrimaryEmail' });

export const USER_ID = '6f0a53a4-52f2-4c31-9a9e-1f3f6f1f8a02';
const USER = {
  userId: USER_ID,
  email: 'api@distributor.no',
  confirmedAt: '2026-05-05T12:03:59.000Z',
  revision: 17,
};
const PRIMARY = { email: 'api@wholesaler.no', userId: '0b8c1ff0-0d6c-4f0c-9d3c-2b9a5b8f7a11' };

const ofUser = z.strictObject({ userId: identifier });
const ofWholesaler = z.strictObject({ wholesalerId: identifier });
const ofPrimary = z.strictObject({ wholesalerId: identifier, email });

/** Users, and which of them are primary emails of wholesalers. */
export function userCalls(parts: ManagementParts): readonly Endpoint<Operator>[] {
  return [
    listCall(parts),
    getCall(parts),
    eraseCall(parts),
    listPrimariesCall(parts),
    addPrimaryCall(parts),
    removePrimaryCall(parts),
  ];
}

function toRow(record: StoredRecord): z.output<typeof userRow> {
  const userId = record.key.slice(records.users.prefix.length);
  return { userId, ...records.users.decode(record), revision: record.revision };
}

function listCall({ store }: ManagementParts): Endpoint<Operator> {
  return endpoint({
    method: 'get',
    path: '/manage/v1/users',
    operationId: 'manageListUsers',
    summary: 'All users, or the one that has an address',
    query: z.strictObject({ ...paging, email: email.optional() }),
    answers: { 200: declaredPage('UserPage', userRow, USER) },
    problems: [],
    handle: async ({ query }: { query: PageQuery & { email?: string | undefined } }) => {
      const { prefix } = records.users;
      if (query.email !== undefined) {
        const [named] = (await store.read([records.emails.key(query.email)])).records;
        const key = named && records.users.key(records.emails.decode(named).userId);
        const found = key === undefined ? [] : (await store.read([key])).records;
        return pageOf(
          found.flatMap((record) => (record === undefined ? [] : [toRow(record)])),
          [],
          prefix,
          query,
        );
      }
      const { records: found } = await store.list(prefix, pageUnder(prefix, query));
      return pageOf(
        found.map(toRow),
        found.map(({ key }) => key),
        prefix,
        query,
      );
    },
  });
}

function getCall({ store }: ManagementParts): Endpoint<Operator> {
  return endpoint({
    method: 'get',
    path: '/manage/v1/users/{userId}',
    operationId: 'manageGetUser',
    summary: 'One user',
    parameters: ofUser,
    answers: { 200: { description: 'As it is.', schema: userRow, example: USER } },
    problems: ['user_unknown'],
    handle: async ({ parameters }) => {
      const [record] = (await store.read([records.users.key(parameters.userId)])).records;
      if (record === undefined) return problem('user_unknown', 'There is no such user.');
      return { status: 200, body: toRow(record) };
    },
  });
}

function eraseCall(parts: ManagementParts): Endpoint<Operator> {
  return endpoint({
    method: 'delete',
    path: '/manage/v1/users/{userId}',
    operationId: 'manageEraseUser',
    summary: 'Erase a user, with subscriptions, keys and permissions',
    description:
      'The address stands nowhere any longer: the audit names users by id alone. Who registers it again is another user, and inherits nothing.',
    parameters: ofUser,
    answers: { 204: { description: 'The user is gone.' } },
    problems: ['user_unknown'],
    handle: async ({ caller, parameters }) => {
      const outcome = await eraseUser(parts.store, originOf(caller, parts), parameters.userId);
      return 'code' in outcome ? problem('user_unknown', outcome.detail) : { status: 204 };
    },
  });
}

function listPrimariesCall({ store }: ManagementParts): Endpoint<Operator> {
  return endpoint({
    method: 'get',
    path: '/manage/v1/wholesalers/{wholesalerId}/primary-emails',
    operationId: 'manageListPrimaryEmails',
    summary: 'Who acts for a wholesaler',
    parameters: ofWholesaler,
    query: z.strictObject(paging),
    answers: { 200: declaredPage('PrimaryEmailPage', primaryRow, PRIMARY) },
    problems: ['wholesaler_unknown'],
    handle: async ({ parameters: { wholesalerId }, query }) => {
      const [wholesaler] = (await store.read([records.wholesalers.key(wholesalerId)])).records;
      if (wholesaler === undefined) return problem('wholesaler_unknown', 'There is no such wholesaler.');
      const prefix = records.primaries.key(wholesalerId, '');
      const keys = (await store.list(prefix, pageUnder(prefix, query))).records.map(({ key }) => key);
      const ids = keys.map((key) => key.slice(prefix.length));
      const users =
        keys.length === 0 ? [] : (await store.read(ids.map((id) => records.users.key(id)))).records;
      const rows = users.flatMap((user, index) =>
        user === undefined ? [] : [{ email: records.users.decode(user).email, userId: ids[index] }],
      );
      return pageOf(rows, keys, prefix, query);
    },
  });
}

function addPrimaryCall(parts: ManagementParts): Endpoint<Operator> {
  return endpoint({
    method: 'put',
    path: '/manage/v1/wholesalers/{wholesalerId}/primary-emails/{email}',
    operationId: 'manageAddPrimaryEmail',
    summary: 'Make an address a primary email of a wholesaler',
    description: 'An address that nobody has becomes a user.',
    parameters: ofPrimary,
    answers: { 200: { description: 'It is one.', schema: primaryRow, example: PRIMARY } },
    problems: ['wholesaler_unknown', 'primary_taken'],
    handle: async ({ caller, parameters: { wholesalerId, email } }) => {
      const outcome = await addPrimaryEmail(parts.store, originOf(caller, parts), wholesalerId, email);
      return 'code' in outcome ? outcome : { status: 200, body: { email, userId: outcome.userId } };
    },
  });
}

function removePrimaryCall(parts: ManagementParts): Endpoint<Operator> {
  return endpoint({
    method: 'delete',
    path: '/manage/v1/wholesalers/{wholesalerId}/primary-emails/{email}',
    operationId: 'manageRemovePrimaryEmail',
    summary: 'Take from an address that it is a primary email of a wholesaler',
    parameters: ofPrimary,
    answers: { 204: { description: 'It is none any longer; its user stays.' } },
    problems: ['primary_unknown'],
    handle: async ({ caller, parameters: { wholesalerId, email } }) => {
      const outcome = await removePrimaryEmail(parts.store, originOf(caller, parts), wholesalerId, email);
      return 'code' in outcome ? outcome : { status: 204 };
    },
  });
}
