import { expect, it } from 'vitest';
import { readQuery } from '../../src/sidecar/route/query.ts';

it('a question mark in a parameter goes upstream encoded: some servers begin another query there', () => {
  expect(readQuery('page=1?owner=10002', ['page'], 'subscription-key')).toMatchObject({
    parameters: [['page', '1?owner=10002']],
    search: '?page=1%3Fowner%3D10002',
  });
});
