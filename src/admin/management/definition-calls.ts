import { z } from 'zod';
import { productIdOf } from '../../catalog/product.ts';
import type { StoredRecord } from '../../store/store.ts';
import { type Answer, type Endpoint, endpoint } from '../api.ts';
import { type AdminProblem, problem } from '../problems.ts';
import {
  API_PRODUCTS,
  type DefinitionKind,
  MAIN_ROLES,
  PRODUCTS,
  ROLES,
  WHOLESALERS,
} from './definitions.ts';
import type { Operator } from './operator.ts';
import {
  declaredEtag,
  declaredPage,
  etagOf,
  ifMatch,
  type ManagementParts,
  originOf,
  pageOf,
  pageUnder,
  paging,
} from './paging.ts';

/** Lists, reads, writes and removes what operators define. */
export function definitionCalls(parts: ManagementParts): readonly Endpoint<Operator>[] {
  return [
    ...callsOf(WHOLESALERS, parts),
    ...callsOf(API_PRODUCTS, parts),
    ...callsOf(ROLES, parts),
    ...callsOf(MAIN_ROLES, parts),
    ...callsOf(PRODUCTS, parts),
  ];
}

function callsOf<Body>(kind: DefinitionKind<Body>, parts: ManagementParts): readonly Endpoint<Operator>[] {
  const calls = [listCall(kind, parts), getCall(kind, parts), putCall(kind, parts)];
  return kind.remove === undefined ? calls : [...calls, deleteCall(kind, kind.remove, parts)];
}

const revision = z.int().describe('Another one after every change; the `ETag` says the same.');
const EXAMPLE_TIME = '2026-05-05T12:03:59.000Z';

function described<Body>({ name, idName, id, attributes, example }: DefinitionKind<Body>) {
  const shape = attributes instanceof z.ZodObject ? attributes.shape : {};
  const changedAt = 'changedAt' in shape ? { changedAt: EXAMPLE_TIME } : {};
  return {
    row: z.strictObject({ [idName]: id, ...shape, revision }).meta({ id: `${name}Definition` }),
    rowExample: { [idName]: example.id, ...example.body, ...changedAt, revision: 17 },
  };
}

function toRow<Body>({ idName, prefix, read }: DefinitionKind<Body>, record: StoredRecord): object {
  const id = productIdOf(record.key) ?? record.key.slice(prefix.length);
  return { [idName]: id, ...read(record), revision: record.revision };
}

function listCall<Body>(kind: DefinitionKind<Body>, { store }: ManagementParts): Endpoint<Operator> {
  const { row, rowExample } = described(kind);
  return endpoint({
    method: 'get',
    path: `/manage/v1/${kind.collection}`,
    operationId: `manageList${kind.name}s`,
    summary: `All ${kind.noun}s`,
    query: z.strictObject(paging),
    answers: { 200: declaredPage(`${kind.name}Page`, row, rowExample) },
    problems: [],
    handle: async ({ query }) => {
      const { records: found } = await store.list(kind.prefix, pageUnder(kind.prefix, query));
      const keys = found.map(({ key }) => key);
      return pageOf(
        found.map((record) => toRow(kind, record)),
        keys,
        kind.prefix,
        query,
      );
    },
  });
}

function getCall<Body>(kind: DefinitionKind<Body>, parts: ManagementParts): Endpoint<Operator> {
  const { row, rowExample } = described(kind);
  return endpoint({
    method: 'get',
    path: `/manage/v1/${kind.collection}/{${kind.idName}}`,
    operationId: `manageGet${kind.name}`,
    summary: `One ${kind.noun}`,
    parameters: z.strictObject({ [kind.idName]: kind.id }),
    answers: {
      200: { description: 'As it is.', schema: row, example: rowExample, headers: declaredEtag },
    },
    problems: [kind.unknown],
    handle: ({ parameters }) => read(kind, parts, String(parameters[kind.idName]), 200),
  });
}

async function read<Body>(
  kind: DefinitionKind<Body>,
  { store }: ManagementParts,
  id: string,
  status: number,
): Promise<Answer | AdminProblem> {
  const [record] = (await store.read([kind.key(id)])).records;
  if (record === undefined) return problem(kind.unknown, `There is no such ${kind.noun}.`);
  return { status, body: toRow(kind, record), headers: etagOf(record.revision) };
}

function putCall<Body>(kind: DefinitionKind<Body>, parts: ManagementParts): Endpoint<Operator> {
  const { row, rowExample } = described(kind);
  const answer = { schema: row, example: rowExample, headers: declaredEtag };
  return endpoint({
    method: 'put',
    path: `/manage/v1/${kind.collection}/{${kind.idName}}`,
    operationId: `managePut${kind.name}`,
    summary: `Define a ${kind.noun}, or define it anew`,
    parameters: z.strictObject({ [kind.idName]: kind.id }),
    headers: ifMatch,
    body: { schema: kind.body, examples: { one: kind.example.body } },
    answers: {
      200: { description: 'It was there; this is how it is now.', ...answer },
      201: { description: 'It is new.', ...answer },
    },
    problems: ['revision_outdated', kind.unknown, ...kind.putProblems],
    handle: async ({ caller, parameters, headers, body }) => {
      const id = String(parameters[kind.idName]);
      const target = { id, revision: headers['if-match'] };
      const outcome = await kind.put(parts.store, originOf(caller, parts), target, body);
      if ('code' in outcome) return outcome;
      return read(kind, parts, id, outcome.result === 'created' ? 201 : 200);
    },
  });
}

function deleteCall<Body>(
  kind: DefinitionKind<Body>,
  remove: NonNullable<DefinitionKind<Body>['remove']>,
  parts: ManagementParts,
): Endpoint<Operator> {
  return endpoint({
    method: 'delete',
    path: `/manage/v1/${kind.collection}/{${kind.idName}}`,
    operationId: `manageDelete${kind.name}`,
    summary: `Remove a ${kind.noun}`,
    parameters: z.strictObject({ [kind.idName]: kind.id }),
    headers: ifMatch,
    answers: { 204: { description: 'It is gone.' } },
    problems: [kind.unknown, 'revision_outdated', 'in_use'],
    handle: async ({ caller, parameters, headers }) => {
      const target = { id: String(parameters[kind.idName]), revision: headers['if-match'] };
      const outcome = await remove(parts.store, originOf(caller, parts), target);
      return 'code' in outcome ? outcome : { status: 204 };
    },
  });
}
