import { z } from 'zod';
import type { Api, DeclaredAnswer, DeclaredBody, Endpoint } from './api.ts';
import { PROBLEMS, type ProblemCode } from './problems.ts';

/** An OpenAPI document, as JSON. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, object>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
}

export interface Operation {
  readonly operationId: string;
  readonly tags: readonly string[];
  readonly summary: string;
  readonly description?: string | undefined;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters: readonly Parameter[];
  readonly requestBody?: { readonly required: true; readonly content: Content };
  readonly responses: Readonly<Record<string, DescribedResponse>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly required: boolean;
  readonly description?: string;
  readonly schema: object;
}

export interface DescribedResponse {
  readonly description: string;
  readonly headers?: object;
  readonly content?: Content;
}

type Content = Readonly<
  Record<string, { readonly schema?: object; readonly example?: unknown; readonly examples?: object }>
>;

const PROBLEM = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string(),
    status: z.int(),
    detail: z.string().describe('What was wrong, for a person.'),
    code: z.enum(Object.keys(PROBLEMS)).describe('What was wrong, for a program.'),
    errors: z
      .array(
        z.strictObject({
          path: z.string().describe('Where in the request: `body.email`, `query.roleId`.'),
          code: z.string().optional(),
          message: z.string(),
        }),
      )
      .optional()
      .describe('Each fault of the request, at its place.'),
  })
  .meta({ id: 'Problem', description: 'RFC 9457, with `code` and `errors`.' });

/** Problems that any call can have. */
const OF_EVERY_CALL: readonly ProblemCode[] = ['request_malformed', 'internal_error', 'store_unreachable'];
const OF_EVERY_BODY: readonly ProblemCode[] = ['body_malformed', 'body_too_large', 'media_type_unsupported'];

/** Describes the APIs (OpenAPI 3.1), from the declarations that also check what arrives. */
export function openApiDocument(apis: readonly Api<unknown>[], publicUrl: URL): OpenApiDocument {
  const schemas = new SchemaWriter();
  const paths: Record<string, Record<string, Operation>> = {};
  for (const api of apis) {
    for (const endpoint of api.endpoints) {
      const operations = (paths[endpoint.path] ??= {});
      operations[endpoint.method] = describe(api, endpoint, schemas);
    }
  }
  const securitySchemes = Object.assign({}, ...apis.map(({ authentication }) => authentication.schemes));
  return {
    openapi: '3.1.0',
    info: { title: 'Fullmakt', version: '0', description: 'Who may see whose data.' },
    servers: [{ url: publicUrl.href.replace(/\/$/, '') }],
    tags: apis.map(({ name, description }) => ({ name, description })),
    paths,
    components: { schemas: schemas.components, securitySchemes },
  };
}

function describe(api: Api<unknown>, endpoint: Endpoint<unknown>, schemas: SchemaWriter): Operation {
  const { operationId, summary, description, body } = endpoint;
  const { schemes, problems } = api.authentication;
  const codes = new Set([
    ...OF_EVERY_CALL,
    ...problems,
    ...endpoint.problems,
    ...(body === undefined ? [] : OF_EVERY_BODY),
  ]);
  const answers = Object.entries(endpoint.answers).map(
    ([status, answer]) => [status, describeAnswer(answer, schemas)] as const,
  );
  return {
    operationId,
    tags: [api.name],
    summary,
    ...(description === undefined ? {} : { description }),
    security: Object.keys(schemes).map((name) => ({ [name]: [] })),
    parameters: [
      ...parametersOf('path', endpoint.parameters, schemas),
      ...parametersOf('query', endpoint.query, schemas),
      ...parametersOf('header', endpoint.headers, schemas),
    ],
    ...(body === undefined ? {} : { requestBody: describeBody(body, schemas) }),
    responses: { ...Object.fromEntries(answers), ...describeProblems(codes, schemas) },
  };
}

function parametersOf(
  place: Parameter['in'],
  schema: z.ZodType | undefined,
  schemas: SchemaWriter,
): readonly Parameter[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = z
    .object({ properties: z.record(z.string(), z.looseObject({})), required: z.array(z.string()) })
    .partial()
    .parse(schemas.write(schema, 'input'));
  return Object.entries(properties).map(([name, { description, ...written }]) => {
    const parameter = {
      name,
      in: place,
      required: place === 'path' || required.includes(name),
      schema: written,
    };
    return typeof description === 'string' ? Object.assign(parameter, { description }) : parameter;
  });
}

function describeBody(
  { schema, examples, csv }: DeclaredBody<unknown>,
  schemas: SchemaWriter,
): NonNullable<Operation['requestBody']> {
  const named = Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }]));
  const json = { schema: schemas.write(schema, 'input'), examples: named };
  const { description, pattern, example } = csv ?? {};
  const text = csv && { 'text/csv': { schema: { type: 'string', description, pattern }, example } };
  return { required: true, content: { 'application/json': json, ...text } };
}

function describeAnswer(answer: DeclaredAnswer, schemas: SchemaWriter): DescribedResponse {
  const { description, schema, example, csv, headers } = answer;
  const described = Object.entries(headers ?? {}).map(([name, text]) => [
    name,
    { description: text, schema: { type: 'string' } },
  ]);
  return {
    description,
    ...(headers === undefined ? {} : { headers: Object.fromEntries(described) }),
    ...(schema === undefined
      ? {}
      : {
          content: {
            'application/json': { schema: schemas.write(schema, 'output'), example },
            ...(csv && {
              'text/csv': { schema: { type: 'string' }, example: `${csv.columns.join(',')}\r\n` },
            }),
          },
        }),
  };
}

function describeProblems(
  codes: ReadonlySet<ProblemCode>,
  schemas: SchemaWriter,
): Readonly<Record<string, DescribedResponse>> {
  const byStatus = Map.groupBy(codes, (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    [...byStatus].map(([status, ofStatus]) => {
      const examples = ofStatus.map((code) => {
        const { title } = PROBLEMS[code];
        return [code, { value: { type: 'about:blank', title, status, detail: `${title}.`, code } }] as const;
      });
      return [
        String(status),
        {
          description: ofStatus.map((code) => `\`${code}\`: ${PROBLEMS[code].title}.`).join(' '),
          content: {
            'application/problem+json': {
              schema: schemas.write(PROBLEM, 'output'),
              examples: Object.fromEntries(examples),
            },
          },
        },
      ];
    }),
  );
}

/** Writes zod's schemas as JSON Schema (draft 2020-12), those with an id once, under components. */
class SchemaWriter {
  readonly components: Record<string, object> = {};

  write(schema: z.ZodType, io: 'input' | 'output'): object {
    // Within a wrapper even a schema that has an id itself becomes a definition.
    const { properties, $defs = {} } = z.toJSONSchema(z.object({ wrapped: schema }), {
      io,
      unrepresentable: 'any',
    });
    for (const [id, definition] of Object.entries($defs)) {
      const { id: _, ...component } = moved(definition);
      this.components[id] = component;
    }
    return moved(properties?.['wrapped'] ?? {});
  }
}

function moved(schema: unknown): Readonly<Record<string, unknown>> {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
