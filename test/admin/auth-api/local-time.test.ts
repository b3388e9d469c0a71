import { expect, test } from 'vitest';
import { localTimeIn } from '../../../src/admin/auth-api/local-time.ts';

test.each([
  ['Europe/Oslo', '2026-05-05T22:03:59.999Z', '2026-05-06', '00:03:59'],
  ['Europe/Oslo', '2026-12-31T22:59:59.000Z', '2026-12-31', '23:59:59'],
  ['Europe/Oslo', '2026-03-29T01:00:00.000Z', '2026-03-29', '03:00:00'],
  ['UTC', '2026-01-02T03:04:05.000Z', '2026-01-02', '03:04:05'],
  ['Pacific/Kiritimati', '2026-01-02T12:04:05.000Z', '2026-01-03', '02:04:05'],
])('in %s, %s is %s %s', (timezone, instant, day, time) => {
  expect(localTimeIn(timezone)(instant)).toEqual({ day, time });
});
