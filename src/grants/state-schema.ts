import { z } from 'zod';
import { isAttributeValue, isProductId } from '../catalog/product.ts';
import type { YamlPath } from '../config/yaml-file.ts';
import { isCalendarDate } from '../model/calendar-date.ts';
import { normalizeEmail } from '../model/email.ts';
import { isAttributeName, isIdentifier } from '../model/identifier.ts';
import { Secret } from '../model/secret.ts';
import { subscriptionState } from './records.ts';
import { isSubscriptionKey } from './subscription-key.ts';

const identifier = z
  .string()
  .refine(
    isIdentifier,
    '1 to 64 letters, digits, dots, underscores and hyphens are wanted here, a letter or digit first',
  );

const name = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}]{1,256}$/u, 'must be 1 to 256 characters, none of them a control character');

const email = z.string().transform((text, context) => {
  const address = normalizeEmail(text);
  if (address !== undefined) return address;
  context.addIssue('must be an email address, in ASCII');
  return z.NEVER;
});

const key = z
  .string()
  .refine(isSubscriptionKey, 'a key is 16 to 256 printable ASCII characters, without spaces')
  .transform((text) => new Secret(text));

/** A list in which nothing stands twice. */
function distinct<Item extends z.ZodType<string>>(item: Item) {
  return z.array(item).superRefine((list, context) => {
    for (const [index, text] of list.entries()) {
      if (list.indexOf(text) < index) {
        context.addIssue({ code: 'custom', path: [index], message: 'stands twice in this list' });
      }
    }
  });
}

const attributeName = z
  .string()
  .refine(isAttributeName, 'the name of an attribute is a letter, then letters, digits and _');
const attributeValue = z
  .string()
  .refine(isAttributeValue, 'an attribute has at most 256 characters, and no control characters');

const scope = z.record(
  attributeName,
  distinct(attributeValue.min(1, 'no attribute of an item that is shared is empty')).min(
    1,
    'an empty list admits nothing: leave the attribute out, or the permission inactive',
  ),
);

const statedWholesaler = z.strictObject({
  id: identifier,
  name,
  primaryEmails: distinct(email).default([]),
});

const statedApiProduct = z.strictObject({ name: identifier, apis: distinct(identifier) });

const statedRole = z.strictObject({
  roleId: identifier,
  api: identifier,
  httpVerb: z
    .string()
    .regex(/^[A-Z]+$/, 'must be an HTTP method in upper case')
    .refine((verb) => verb !== 'HEAD', 'HEAD counts as GET: write GET'),
  description: name,
});

const statedMainRole = z.strictObject({
  mainRoleId: identifier,
  roles: distinct(identifier),
  description: name,
});

/** `confirmed` left out: as it is in the store, for a new user not confirmed. */
const statedUser = z.strictObject({ email, confirmed: z.boolean().optional() });

const instant = z.iso
  .datetime({ offset: true, error: 'must be a time such as 2027-01-01T00:00:00Z' })
  .transform((text) => new Date(text).toISOString());

/** A key left out: as it is in the store, for a new subscription made. A name or an end left out: as it is. */
const statedSubscription = z.strictObject({
  email,
  apiProduct: identifier,
  primaryKey: key.optional(),
  secondaryKey: key.optional(),
  name: name.optional(),
  endsAt: instant.optional(),
  state: subscriptionState.default('active'),
});

const statedPermission = z.strictObject({
  email,
  accessToWholesaler: identifier,
  roleId: identifier,
  mainRoleId: identifier,
  scope: scope.default({}),
  endsOn: z.string().refine(isCalendarDate, 'must be a day of the calendar, YYYY-MM-DD').optional(),
  active: z.boolean().default(true),
});

/** What an entry says, by the section of a state file that it stands in. */
export interface Stated {
  readonly wholesalers: z.output<typeof statedWholesaler>;
  readonly apiProducts: z.output<typeof statedApiProduct>;
  readonly roles: z.output<typeof statedRole>;
  readonly mainRoles: z.output<typeof statedMainRole>;
  readonly users: z.output<typeof statedUser>;
  readonly subscriptions: z.output<typeof statedSubscription>;
  readonly permissions: z.output<typeof statedPermission>;
}

/** One thing that a state file states, and where. */
export interface Entry<Value> {
  readonly path: YamlPath;
  readonly value: Value;
}

/** Each section's readable entries; undefined where the file does not speak of it. */
export type Sections = { readonly [Name in keyof Stated]: readonly Entry<Stated[Name]>[] | undefined };

export const SECTIONS: { readonly [Name in keyof Stated]: z.ZodType<Stated[Name]> } = {
  wholesalers: statedWholesaler,
  apiProducts: statedApiProduct,
  roles: statedRole,
  mainRoles: statedMainRole,
  users: statedUser,
  subscriptions: statedSubscription,
  permissions: statedPermission,
};

export const statedProduct = z
  .object({ productId: z.string().refine(isProductId, 'must be 1 to 128 characters'), owner: attributeValue })
  .catchall(attributeValue)
  .superRefine((product, context) => {
    for (const attribute of Object.keys(product)) {
      if (!isAttributeName(attribute)) {
        context.addIssue({
          code: 'custom',
          path: [attribute],
          message: 'the name of an attribute is a letter, then letters, digits and _',
        });
      }
    }
  })
  .transform(({ productId, ...attributes }) => ({ productId, attributes }));

export const productFile = z.strictObject({ file: z.string().min(1, 'must name a file') });
