const SECOND = 1000;
const DAY = 86_400 * SECOND;

/** Whether a text is a day of the calendar as `YYYY-MM-DD`: `2026-02-29` and `0000-00-00` are none. */
export function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const midnight = Date.parse(`${text}T00:00:00Z`);
  // Date.parse rolls 30 February over into March.
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(text);
}

/**
 * A function from a calendar date to the instant (ms since the epoch) at which that day is over in a time zone: the
 * first instant whose local date is later. It follows the zone's clock changes, also where they skip or repeat
 * midnight, or skip a whole day.
 *
 * @param timezone an IANA name: `Europe/Oslo`
 * @throws RangeError if there is no such time zone
 */
export function endOfDayIn(timezone: string): (date: string) => number {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  const localDate = (instant: number): string => {
    const parts = Object.fromEntries(format.formatToParts(instant).map(({ type, value }) => [type, value]));
    return `${parts['year']?.padStart(4, '0')}-${parts['month']}-${parts['day']}`;
  };
  return (date) => {
    // Clocks are at most 15 hours from UTC, and change at whole seconds: search there instead of reckoning with offsets.
    const midnight = Date.parse(`${date}T00:00:00Z`);
    let during = (midnight - DAY) / SECOND;
    let after = (midnight + 3 * DAY) / SECOND;
    while (after - during > 1) {
      const middle = Math.floor((during + after) / 2);
      if (localDate(middle * SECOND) > date) after = middle;
      else during = middle;
    }
    return after * SECOND;
  };
}
