/** A day and a time of day, as clocks in a time zone show them. */
export interface LocalTime {
  /** `YYYY-MM-DD` */
  readonly day: string;
  /** `HH:MM:SS` */
  readonly time: string;
}

/**
 * A function from an instant (RFC 3339) to the time that clocks in a zone show then.
 *
 * @param timezone an IANA name: `Europe/Oslo`
 * @throws RangeError if there is no such time zone
 */
export function localTimeIn(timezone: string): (instant: string) => LocalTime {
  const format = new Intl.DateTimeFormat('en', {
    timeZone: timezone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return (instant) => {
    const parts = format.formatToParts(Date.parse(instant));
    const of = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? '';
    return {
      day: `${of('year')}-${of('month')}-${of('day')}`,
      time: `${of('hour')}:${of('minute')}:${of('second')}`,
    };
  };
}
