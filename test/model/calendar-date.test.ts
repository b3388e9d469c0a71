import { expect, test } from 'vitest';
import { endOfDayIn, isCalendarDate } from '../../src/model/calendar-date.ts';

test.each(['2026-01-01', '2024-02-29', '0001-01-01', '9999-12-31'])('%s is a day', (text) => {
  expect(isCalendarDate(text)).toBe(true);
});

test.each([
  '2026-02-29',
  '2026-02-30',
  '2026-04-31',
  '2026-13-01',
  '2026-00-10',
  '0000-00-00',
  '2026-1-1',
  '',
  '2026-01-01T00:00:00Z',
])('%j is no day', (text) => {
  expect(isCalendarDate(text)).toBe(false);
});

test.each([
  ['in winter', 'Europe/Oslo', '2027-01-01', '2027-01-01T23:00:00Z'],
  ['in summer', 'Europe/Oslo', '2026-07-01', '2026-07-01T22:00:00Z'],
  ['the day before clocks go forward', 'Europe/Oslo', '2026-03-28', '2026-03-28T23:00:00Z'],
  ['the day of 23 hours', 'Europe/Oslo', '2026-03-29', '2026-03-29T22:00:00Z'],
  ['the day before clocks go back', 'Europe/Oslo', '2026-10-24', '2026-10-24T22:00:00Z'],
  ['the day of 25 hours', 'Europe/Oslo', '2026-10-25', '2026-10-25T23:00:00Z'],
  ['in UTC', 'UTC', '2026-12-31', '2027-01-01T00:00:00Z'],
  ['14 hours ahead', 'Pacific/Kiritimati', '2026-06-01', '2026-06-01T10:00:00Z'],
  ['11 hours behind', 'Pacific/Pago_Pago', '2026-06-01', '2026-06-02T11:00:00Z'],
  ['before a day that begins at one o’clock', 'Africa/Cairo', '2026-04-23', '2026-04-23T22:00:00Z'],
  ['when midnight comes twice', 'America/Havana', '2026-10-31', '2026-11-01T04:00:00Z'],
  ['before a day that the zone skipped', 'Pacific/Apia', '2011-12-29', '2011-12-30T10:00:00Z'],
  ['in the first year', 'UTC', '0001-01-01', '0001-01-02T00:00:00Z'],
  ['on the last day of the calendar', 'UTC', '9999-12-30', '9999-12-31T00:00:00Z'],
])('%s (%s), %s is over at %s', (_, timezone, date, over) => {
  expect(new Date(endOfDayIn(timezone)(date)).toISOString()).toBe(new Date(over).toISOString());
});

test('there is no such time zone as Europe/Olso', () => {
  expect(() => endOfDayIn('Europe/Olso')).toThrow(RangeError);
});
