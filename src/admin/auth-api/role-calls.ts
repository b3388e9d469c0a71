import { z } from 'zod';
import * as records from '../../grants/records.ts';
import type { Store, StoredRecord } from '../../store/store.ts';
import { type Endpoint, endpoint } from '../api.ts';
import { format, identifier } from '../schemas.ts';
import type { Owner } from './owner.ts';
import type { CallParts } from './permission-calls.ts';
import { lastChanged } from './permission-rows.ts';

/** Records that are read in one call. */
const BATCH = 1000;

const roleRow = z
  .strictObject({
    roleId: identifier,
    api: identifier.describe('The API that it opens.'),
    httpVerb: z.string().describe('The HTTP method that it allows there; GET allows HEAD too.'),
    description: z.string(),
    ...lastChanged,
  })
  .meta({ id: 'Role' });

const mainRoleRow = z
  .strictObject({
    mainRoleId: identifier,
    roleId: identifier.describe('A role that it suggests.'),
    description: z.string().describe('Of the main role.'),
    ...lastChanged,
  })
  .meta({ id: 'MainRoleRow' });

const CHANGED = { lastChangedOn: '2026-05-05', lastChangedAt: '14:03:59' };

export function roleCalls(parts: CallParts): readonly Endpoint<Owner>[] {
  return [mainRolesCall(parts), rolesCall(parts)];
}

function mainRolesCall({ store, localTime }: CallParts): Endpoint<Owner> {
  return endpoint({
    method: 'get',
    path: '/auth/v0/main_role',
    operationId: 'listMainRoles',
    summary: 'The main roles, one row for each role that they suggest',
    query: z.strictObject({ format }),
    answers: {
      200: {
        description: 'One row for each main role and role.',
        schema: z.array(mainRoleRow),
        example: [
          { mainRoleId: 'DISTRIBUTION', roleId: 'STOCK_READ', description: 'Distribution', ...CHANGED },
        ],
        csv: { columns: Object.keys(mainRoleRow.shape) },
      },
    },
    problems: [],
    handle: async () => {
      const rows = (await readAll(store, records.mainRoles.prefix)).flatMap((record) => {
        const { roles, description, changedAt } = records.mainRoles.decode(record);
        const mainRoleId = record.key.slice(records.mainRoles.prefix.length);
        const { day, time } = localTime(changedAt);
        return roles.map((roleId) => ({
          mainRoleId,
          roleId,
          description,
          lastChangedOn: day,
          lastChangedAt: time,
        }));
      });
      return { status: 200, body: rows };
    },
  });
}

function rolesCall({ store, localTime }: CallParts): Endpoint<Owner> {
  return endpoint({
    method: 'get',
    path: '/auth/v0/role',
    operationId: 'listRoles',
    summary: 'The roles: each allows one method of one API',
    query: z.strictObject({ format }),
    answers: {
      200: {
        description: 'One row for each role.',
        schema: z.array(roleRow),
        example: [
          {
            roleId: 'STOCK_READ',
            api: 'stock-per-store',
            httpVerb: 'GET',
            description: 'Read stock',
            ...CHANGED,
          },
        ],
        csv: { columns: Object.keys(roleRow.shape) },
      },
    },
    problems: [],
    handle: async () => {
      const rows = (await readAll(store, records.roles.prefix)).map((record) => {
        const { api, httpVerb, description, changedAt } = records.roles.decode(record);
        const roleId = record.key.slice(records.roles.prefix.length);
        const { day, time } = localTime(changedAt);
        return { roleId, api, httpVerb, description, lastChangedOn: day, lastChangedAt: time };
      });
      return { status: 200, body: rows };
    },
  });
}

async function readAll(store: Store, prefix: string): Promise<readonly StoredRecord[]> {
  const all: StoredRecord[] = [];
  let after: { readonly after?: string } = {};
  for (;;) {
    const { records: page } = await store.list(prefix, { ...after, limit: BATCH });
    all.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < BATCH) return all;
    after = { after: last.key };
  }
}
