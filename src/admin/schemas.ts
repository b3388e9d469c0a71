/** What several calls take and give, each named in the OpenAPI document by its `id`. */
import { z } from 'zod';
import { normalizeEmail } from '../model/email.ts';
import type { Scope } from '../model/identity.ts';
import { parseScopeText, scopeText } from '../model/permission.ts';
import { attributeRecord } from './attribute-record.ts';

export const IDENTIFIER = '[A-Za-z0-9][A-Za-z0-9._-]{0,63}';

/** An email address, in its one form. */
export const email = z
  .string()
  .max(254)
  .transform((text, context) => {
    const address = normalizeEmail(text);
    if (address !== undefined) return address;
    context.addIssue('must be an email address, in ASCII');
    return z.NEVER;
  })
  .meta({ format: 'email', examples: ['api@distributor.no'] });

/** The id of a wholesaler, role, main role, API product or user. */
export const identifier = z
  .string()
  .regex(
    new RegExp(`^${IDENTIFIER}$`),
    'must be 1 to 64 letters, digits, dots, underscores and hyphens, a letter or digit first',
  );

/** Attributes that a scope may restrict, and values of each, at most: they are part of a permission's name. */
const MAX_ATTRIBUTES = 10;
const MAX_VALUES = 100;

export const attributeName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/, 'must be a letter, then letters, digits and _');
const attributeValue = z
  .string()
  // Spelled so that every reader of the document knows the pattern.
  // oxlint-disable-next-line no-control-regex -- that is what it looks for
  .regex(/^[^\u0000-\u001f\u007f-\u009f]+$/, 'must be text without control characters')
  .refine((text) => text.isWellFormed(), 'must be Unicode text')
  .min(1)
  .max(256);

/** To which values of which attributes a permission is tied; `{}`: to none. */
export const scope = attributeRecord(attributeName, z.array(attributeValue).min(1).max(MAX_VALUES))
  .refine((attributes) => Object.keys(attributes).length <= MAX_ATTRIBUTES, 'has too many attributes')
  .transform((attributes): Scope => parseScopeText(scopeText(attributes)) ?? attributes)
  .meta({
    maxProperties: MAX_ATTRIBUTES,
    description:
      'Only items whose attributes have one of these values are seen: `{"distributor": ["20003"]}`. `{}`: all of the wholesaler’s.',
  });

/** What people call a thing, or say of it. */
export const words = z
  .string()
  // oxlint-disable-next-line no-control-regex -- that is what it looks for
  .regex(/^[^\u0000-\u001f\u007f-\u009f\ud800-\udfff]+$/u, 'must be text without control characters')
  .min(1)
  .max(256);

/** The last day on which something counts. */
export const lastDay = z.iso.date('must be a day of the calendar, YYYY-MM-DD');

/** Asks for CSV where `Accept` cannot: the sidecar passes none on. */
export const format = z
  .enum(['json', 'csv'])
  .optional()
  .describe('As what to answer, if `Accept` does not say.');

/** A query parameter that says yes or no. */
export const flag = z.enum(['true', 'false']).transform((text) => text === 'true');
