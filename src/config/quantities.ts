import { z } from 'zod';
import { textFormat } from './text-format.ts';

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };
const BYTES: Readonly<Record<string, number>> = { '': 1, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 };
const DAY = 24 * 3_600_000;
const GIBIBYTE = 2 ** 30;

const DURATION = 'must be a duration such as 500ms, 30s, 2m or 1h';

/** A duration such as `500ms`, `30s`, `2m` or `1h`, in milliseconds: from 1 ms to 24 hours. */
export const Duration = textFormat((text) => {
  const value = quantity(text, MILLISECONDS);
  if (value === undefined) return { fault: DURATION };
  return value > 0 && value <= DAY ? { value } : { fault: 'must be from 1ms to 24h' };
}, DURATION);

const SIZE = 'must be a size such as 64KiB, 1MiB or a number of bytes';

/** A size such as `64KiB` or `1MiB`, or a number of bytes: from 1 byte to 1 GiB. */
export const Size = z
  .union([z.number(), z.string()], { error: SIZE })
  .transform(String)
  .pipe(
    textFormat((text) => {
      const value = quantity(text, BYTES);
      if (value === undefined) return { fault: SIZE };
      return value > 0 && value <= GIBIBYTE ? { value } : { fault: 'must be from 1 byte to 1GiB' };
    }),
  );

function quantity(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const [, amount, unit] = /^(\d{1,15})([A-Za-z]*)$/.exec(text) ?? [];
  if (amount === undefined || unit === undefined || !Object.hasOwn(units, unit)) return undefined;
  return Number(amount) * (units[unit] ?? Number.NaN);
}
