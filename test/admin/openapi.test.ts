import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { AdminRig } from './rig.ts';

const media = z.record(
  z.string(),
  z.looseObject({
    schema: z.looseObject({}),
    example: z.unknown().optional(),
    examples: z.record(z.string(), z.looseObject({ value: z.unknown() })).optional(),
  }),
);
const operation = z.looseObject({
  operationId: z.string(),
  security: z.array(z.record(z.string(), z.array(z.string()))),
  parameters: z.array(z.looseObject({ name: z.string(), in: z.string(), schema: z.looseObject({}) })),
  requestBody: z.looseObject({ content: media }).optional(),
  responses: z.record(z.string(), z.looseObject({ content: media.optional() })),
});
const openapi = z.looseObject({
  openapi: z.literal('3.1.0'),
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({
    schemas: z.record(z.string(), z.looseObject({})),
    securitySchemes: z.record(z.string(), z.looseObject({})),
  }),
});

let rig: AdminRig;
let document: z.infer<typeof openapi>;
const ajv = new Ajv2020({ strict: false, validateFormats: false });
/** By the schema's text: hundreds of examples share a few. */
const validators = new Map<string, ValidateFunction>();
let operations: readonly (z.infer<typeof operation> & { readonly name: string })[];
beforeAll(async () => {
  rig = await AdminRig.start();
  const answer = await fetch(`${rig.url}/openapi.json`);
  expect(answer.headers.get('content-type')).toContain('application/json');
  document = openapi.parse(await answer.json());
  const $defs = JSON.stringify(document.components.schemas).replaceAll('#/components/schemas/', '#/$defs/');
  ajv.addSchema({ $id: 'document', $defs: JSON.parse($defs) });
  operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      Object.assign(operation, { name: `${method} ${path}` }),
    ),
  );
});
afterAll(() => rig.close());

/** What a value has that a schema of the document does not say. */
function faults(schema: object, value: unknown): unknown {
  const text = JSON.stringify(schema).replaceAll('#/components/schemas/', 'document#/$defs/');
  const validate = validators.get(text) ?? ajv.compile(JSON.parse(text));
  validators.set(text, validate);
  validate(value);
  return validate.errors ?? [];
}

describe('the OpenAPI document', () => {
  test('has an operation for each call, under an id of its own', () => {
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain('grantPermissions');
  });

  test('every reference leads to a schema', () => {
    const references = JSON.stringify(document).matchAll(/"\$ref":"([^"]*)"/g);
    const names = [...references].map(([, reference]) => reference);
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) {
      expect(Object.keys(document.components.schemas).map((id) => `#/components/schemas/${id}`)).toContain(
        name,
      );
    }
  });

  test('every example is what its schema says', () => {
    let count = 0;
    for (const { name, requestBody, responses } of operations) {
      const contents = [requestBody?.content, ...Object.values(responses).map(({ content }) => content)];
      for (const { schema, example, examples = {} } of contents.flatMap((content) =>
        Object.values(content ?? {}),
      )) {
        const values = Object.values(examples).map(({ value }) => value);
        for (const value of example === undefined ? values : [example, ...values]) {
          expect([name, value, faults(schema, value)]).toEqual([name, value, []]);
          count += 1;
        }
      }
    }
    expect(count).toBeGreaterThan(50);
  });

  test('every body and every answer with content has an example', () => {
    for (const { name, requestBody, responses } of operations) {
      const contents = [requestBody?.content, ...Object.values(responses).map(({ content }) => content)];
      for (const { example, examples } of contents.flatMap((content) => Object.values(content ?? {}))) {
        expect([name, example ?? examples]).not.toEqual([name, undefined]);
      }
    }
  });

  test('every operation says how its callers prove who they are', () => {
    for (const { name, security } of operations) {
      expect([name, security.length]).not.toEqual([name, 0]);
      for (const scheme of security.flatMap((way) => Object.keys(way))) {
        expect(document.components.securitySchemes).toHaveProperty([scheme]);
      }
    }
  });

  test('what the calls really answer is what it says', async () => {
    const body = {
      email: 'api@distributor.no',
      roleId: 'STOCK_READ',
      mainRoleId: 'DISTRIBUTION',
      active: true,
    };
    const asked = [
      ['post', '/auth/v0/permission', { ...body, scope: { distributor: ['20003'] }, endsOn: '2027-01-01' }],
      ['post', '/auth/v0/permission', [{ ...body, scope: {} }]],
      ['post', '/auth/v0/permission', { ...body, roleId: 'NONE' }],
      ['get', '/auth/v0/permission', undefined],
      ['get', '/auth/v0/role', undefined],
      ['get', '/auth/v0/main_role', undefined],
      ['get', '/auth/v0/audit', undefined],
      ['put', '/auth/v0/permission', { ...body, active: false }],
      ['put', '/auth/v0/permission', { ...body, active: 1 }],
      ['delete', '/auth/v0/user?email=api@distributor.no', undefined],
      ['delete', '/auth/v0/user?email=api@distributor.no', undefined],
    ] as const;
    for (const [method, path, body] of asked) {
      const answer = await rig.ask(method.toUpperCase(), path, 'owner', body === undefined ? {} : { body });
      const declared = document.paths[path.replace(/\?.*/, '')]?.[method]?.responses[answer.status]?.content;
      const type = answer.headers.get('content-type')?.replace(/;.*/, '') ?? '';
      const value: unknown = await answer.json();
      expect([method, path, faults(declared?.[type]?.schema ?? { not: {} }, value)]).toEqual([
        method,
        path,
        [],
      ]);
    }
  });
});

describe('the page for people', () => {
  test('names every call, fetches nothing and runs no script', async () => {
    const answer = await fetch(`${rig.url}/docs`);
    const html = await answer.text();
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
    for (const { operationId } of operations) expect(html).toContain(`id="${operationId}"`);
    expect(html).not.toMatch(/<script|src=|url\(|http-equiv|\son\w+=/);
    expect(html).toContain('&quot;email&quot;: &quot;api@distributor.no&quot;');
  });
});
