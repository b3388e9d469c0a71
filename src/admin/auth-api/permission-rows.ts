import { z } from 'zod';
import { readCsv } from '../../catalog/csv.ts';
import type { ListedPermission } from '../../grants/permission-list.ts';
import type { PermissionProblem, PermissionResult } from '../../grants/permissions.ts';
import type { GrantedPermission } from '../../grants/plan/owner-permissions.ts';
import { parseScopeText, scopeText } from '../../model/permission.ts';
import { type AdminProblem, problem } from '../problems.ts';
import { email, IDENTIFIER, identifier, lastDay, scope } from '../schemas.ts';
import type { LocalTime } from './local-time.ts';

const wholesaler = identifier.describe('The wholesaler whose data it is.');
const active = z.boolean().describe('Whether it counts.');
const changedOn = z.iso.date().describe('The day of the last change, in the configured time zone.');
const changedAt = z
  .string()
  .regex(/^\d{2}:\d{2}:\d{2}$/)
  .describe('The time of day of the last change, HH:MM:SS.');
const endsOn = lastDay.describe('The last day on which it counts, in the configured time zone.');

/** When something last changed, as version v0 tells it. */
export const lastChanged = { lastChangedOn: changedOn, lastChangedAt: changedAt };

const permission = {
  email: z.string(),
  accessToWholesaler: wholesaler,
  roleId: identifier,
  mainRoleId: identifier.describe('The main role that it came by.'),
  active,
  ...lastChanged,
  scope: z
    .record(z.string(), z.array(z.string()))
    .optional()
    .describe('To which values of which attributes it is tied; left out: to none.'),
  endsOn: endsOn.optional(),
};

const confirmation = z
  .enum(['confirmed', 'not_asked', 'waiting', 'sent', 'refused', 'given_up'])
  .describe(
    'Whether the user has confirmed the address, before which nothing counts; if not, what became of the mail that asks for it: `refused` by the mail server, or `given_up` after many attempts.',
  );

/** A permission as it is told. */
export const permissionRow = z.strictObject({ ...permission, confirmation }).meta({ id: 'Permission' });

/** A permission as it is told to whoever has changed it. */
export const resultRow = z
  .strictObject({ ...permission, result: z.enum(['created', 'changed', 'unchanged', 'removed']) })
  .meta({ id: 'PermissionResult' });

/** A permission as it is asked for. */
export const requestRow = z
  .strictObject({
    email,
    accessToWholesaler: wholesaler.optional().describe('The caller’s own, if it is given.'),
    roleId: identifier.describe('One that the main role has.'),
    mainRoleId: identifier,
    active,
    scope: scope.optional(),
    endsOn: endsOn
      .nullable()
      .optional()
      .describe('The last day on which it counts; null: no end; left out: as it is.'),
  })
  .meta({ id: 'PermissionRequest' });
export type RequestRow = z.output<typeof requestRow>;

export const COLUMNS = Object.keys(permissionRow.shape);
export const RESULT_COLUMNS = Object.keys(resultRow.shape);
/** What a file may hold that was made by a GET, and that is not the caller's to say. */
const IGNORED_COLUMNS = new Set(['lastChangedOn', 'lastChangedAt', 'confirmation', 'result']);

/** @param localTime of an instant */
export function toRow(
  { confirmation, ...granted }: ListedPermission,
  localTime: (instant: string) => LocalTime,
): z.output<typeof permissionRow> {
  return { ...toPermission(granted, localTime), confirmation };
}

function toPermission(
  { email, wholesalerId, roleId, mainRoleId, active, changedAt, scope, endsOn }: GrantedPermission,
  localTime: (instant: string) => LocalTime,
) {
  const { day, time } = localTime(changedAt);
  const values = Object.entries(scope).map(([attribute, admitted]): [string, string[]] => [
    attribute,
    [...admitted],
  ]);
  return {
    email,
    accessToWholesaler: wholesalerId,
    roleId,
    mainRoleId,
    active,
    lastChangedOn: day,
    lastChangedAt: time,
    ...(values.length === 0 ? {} : { scope: Object.fromEntries(values) }),
    ...(endsOn === undefined ? {} : { endsOn }),
  };
}

const FEWEST = ['email', 'roleId', 'mainRoleId', 'active'];
const ROW = [
  '[A-Za-z0-9]{1,32}@(?:[A-Za-z0-9]{1,32}[.])+[A-Za-z]{2,8}',
  IDENTIFIER,
  IDENTIFIER,
  '(?:true|false)',
];
const SCOPED_ROW = [
  ...ROW,
  `(?:[A-Za-z][A-Za-z0-9_]{0,63}=${IDENTIFIER})?`,
  '(?:20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8]))?',
];

/** CSV as {@link readCsvRows} takes it. */
export const requestCsv = {
  description:
    'A header, then a row for each permission. The columns `scope` and `endsOn` may be left out; others that a GET gives are ignored.',
  pattern: `^(?:${linesOf(FEWEST, ROW)}|${linesOf([...FEWEST, 'scope', 'endsOn'], SCOPED_ROW)})(?:\\r\\n)?$`,
  example: `${FEWEST.join()}\r\napi@distributor.no,STOCK_READ,DISTRIBUTION,true\r\n`,
  read: readCsvRows,
};

function linesOf(columns: readonly string[], cells: readonly string[]): string {
  return `${columns.join()}(?:\\r\\n${cells.join()}){1,20}`;
}

/** A row as CSV has it: the scope as one text, `distributor=20003,20004`. */
export function toCsvRow(row: object): object {
  return 'scope' in row ? { ...row, scope: scopeText(scope.parse(row.scope)) } : row;
}

export function toResultRow(
  { permission, result }: PermissionResult,
  localTime: (instant: string) => LocalTime,
): z.output<typeof resultRow> {
  return { ...toPermission(permission, localTime), result };
}

/** A problem of the rules, its places told as places in the body. */
export function toProblem({ code, detail, faults }: PermissionProblem): AdminProblem {
  if (faults === undefined) return problem(code, detail);
  return problem(code, detail, { faults: faults.map((fault) => ({ ...fault, path: `body.${fault.path}` })) });
}

/**
 * Reads rows from CSV into what {@link requestRow} takes. With a column `scope`, an empty field is the scope `{}`;
 * with a column `endsOn`, no end.
 */
function readCsvRows(text: string): { readonly value: unknown } | AdminProblem {
  const { rows, faults } = readCsv(text);
  if (faults.length > 0) {
    const places = faults.map(({ line, column, message }) => ({
      path: `body.line ${line}:${column}`,
      message,
    }));
    return problem('body_malformed', 'The body is not the CSV that it should be.', { faults: places });
  }
  const [header, ...body] = rows;
  const columns = header?.fields ?? [];
  if (new Set(columns).size < columns.length) {
    return problem('body_malformed', 'A column of the CSV stands twice.');
  }
  return {
    value: body.map(({ fields }) =>
      Object.fromEntries(
        columns.flatMap((column, index) =>
          IGNORED_COLUMNS.has(column) ? [] : [[column, cellOf(column, fields[index] ?? '')]],
        ),
      ),
    ),
  };
}

function cellOf(column: string, text: string): unknown {
  switch (column) {
    case 'active':
      return text === 'true' ? true : text === 'false' ? false : text;
    case 'scope':
      return parseScopeText(text) ?? text;
    case 'endsOn':
      return text === '' ? null : text;
    default:
      return text;
  }
}
