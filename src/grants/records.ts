/**
 * How wholesalers, users, subscriptions, roles and permissions stand in the store: one record kind after another, and
 * nothing else in the program spells a key or a field. (Products: src/catalog/product.ts.)
 *
 * Rights hang on the random id of a user, never on the address, and only a `user` record names the address in a value,
 * so that an erased address leaves nothing behind. Decoding is strict: a field that is missing, unknown or ill-formed
 * is a fault of the store, never a default, since a newer writer's unknown field may well be a restriction.
 */
import { z } from 'zod';
import { isCalendarDate } from '../model/calendar-date.ts';
import { normalizeEmail } from '../model/email.ts';
import { isIdentifier } from '../model/identifier.ts';
import type { Scope } from '../model/identity.ts';
import { type Permission, parseScopeText, scopeText } from '../model/permission.ts';
import { type StoredRecord, StoreError } from '../store/store.ts';

export type Fields = Readonly<Record<string, string>>;

const identifier = z.string().refine(isIdentifier);
const instant = z.iso.datetime({ precision: 3 });
const storedKey = z.string().regex(/^[0-9a-f]{8}\/[0-9a-f]{64}$/);
const identifiers = z.codec(z.string(), z.array(identifier), {
  decode: (text) => JSON.parse(text),
  encode: (list) => JSON.stringify(list),
});

/** One kind of record: its keys, which begin with its prefix, and its fields. */
class RecordKind<Schema extends z.ZodType<unknown, Readonly<Record<string, string | undefined>>>> {
  /** Every record of this kind has a key that starts so. */
  readonly prefix: string;
  readonly #schema: Schema;

  constructor(prefix: string, schema: Schema) {
    this.prefix = prefix;
    this.#schema = schema;
  }

  key(...id: readonly string[]): string {
    return this.prefix + id.join('/');
  }

  /** @throws StoreError `corrupt` */
  decode(record: StoredRecord): z.output<Schema> {
    return readOr(this.prefix, () => this.#schema.parse(record.fields));
  }

  encode(value: z.output<Schema>): Fields {
    const fields: Record<string, string> = {};
    for (const [name, text] of Object.entries(z.encode(this.#schema, value))) {
      if (text !== undefined) fields[name] = text;
    }
    return fields;
  }
}

/** Reads a record; whatever is wrong with it, the fault tells its kind and nothing of what it holds. */
function readOr<Value>(prefix: string, read: () => Value): Value {
  try {
    return read();
  } catch {
    throw new StoreError('corrupt', `a record under ${prefix} cannot be read`);
  }
}

/** `wholesaler/<wholesalerId>` */
export const wholesalers = new RecordKind('wholesaler/', z.strictObject({ name: z.string() }));

/** `primary/<wholesalerId>/<userId>`: the wholesaler's primary contacts. The user's `owns` says the same. */
export const primaries = new RecordKind('primary/', z.strictObject({ since: instant }));

/** `user/<userId>`. A user is primary contact of one wholesaler at most: `owns`. */
export const users = new RecordKind(
  'user/',
  z.strictObject({
    email: z.string().refine((text) => normalizeEmail(text) === text),
    confirmedAt: instant.optional(),
    owns: identifier.optional(),
  }),
);

/** `email/<email>`: whose the address is now. */
export const emails = new RecordKind('email/', z.strictObject({ userId: identifier }));

/** `api-product/<name>`: the APIs that a subscription to it reaches. */
export const apiProducts = new RecordKind('api-product/', z.strictObject({ apis: identifiers }));

/** `role/<roleId>` */
export const roles = new RecordKind(
  'role/',
  z.strictObject({
    api: identifier,
    httpVerb: z.string().regex(/^[A-Z]+$/),
    description: z.string(),
    changedAt: instant,
  }),
);

/** `main-role/<mainRoleId>`: the roles that it suggests. */
export const mainRoles = new RecordKind(
  'main-role/',
  z.strictObject({ roles: identifiers, description: z.string(), changedAt: instant }),
);

export const subscriptionState = z.enum(['active', 'suspended', 'cancelled']);

/**
 * Where a key of a subscription stands. One that was renewed with an overlap stands behind its successor, and goes on
 * being good until the overlap's end.
 */
export const keySlot = z.enum(['primary', 'secondary', 'oldPrimary', 'oldSecondary']);
export type KeySlot = z.infer<typeof keySlot>;

/** `subscription/<subscriptionId>`. Each key stands as `<pepperId>/<hmac>`, with its last characters for people. */
export const subscriptions = new RecordKind(
  'subscription/',
  z.strictObject({
    userId: identifier,
    apiProduct: identifier,
    /** What its user calls it. */
    name: z.string().optional(),
    state: subscriptionState,
    createdAt: instant,
    /** From then on none of its keys is good. */
    endsAt: instant.optional(),
    primary: storedKey,
    primaryHint: z.string(),
    primaryRevokedAt: instant.optional(),
    secondary: storedKey,
    secondaryHint: z.string(),
    secondaryRevokedAt: instant.optional(),
    oldPrimary: storedKey.optional(),
    oldPrimaryHint: z.string().optional(),
    oldPrimaryEndsAt: instant.optional(),
    oldPrimaryRevokedAt: instant.optional(),
    oldSecondary: storedKey.optional(),
    oldSecondaryHint: z.string().optional(),
    oldSecondaryEndsAt: instant.optional(),
    oldSecondaryRevokedAt: instant.optional(),
  }),
);
export type Subscription = ReturnType<typeof subscriptions.decode>;

/** `subscriber/<userId>`: a field for each of the user's subscriptions, its id, with the API product's name. */
export const subscribers = new RecordKind('subscriber/', z.record(identifier, identifier));

/**
 * `key/<pepperId>/<hmac>`: what a key opens. A key that was revoked opens nothing, and is remembered, so that no
 * state file brings it back.
 */
export const keys = new RecordKind(
  'key/',
  z.strictObject({ subscriptionId: identifier, slot: z.enum([...keySlot.options, 'revoked']) }),
);

/**
 * `last-use/<subscriptionId>`: a field for each of its keys, as it is kept, with when it was last used. Apart from the
 * subscription, whose every change makes the sidecars read it anew.
 */
export const lastUses = new RecordKind('last-use/', z.record(storedKey, instant));

/** What is known of a mail's way. */
const mailDelivery = z.enum(['waiting', 'sent', 'refused', 'given_up']);

/** `confirmation/<userId>`: the last mail that asked a user to confirm the address. */
export const confirmations = new RecordKind(
  'confirmation/',
  z.strictObject({
    mailId: identifier,
    /** Whose permission was the reason. */
    wholesalerId: identifier,
    requestedAt: instant,
    delivery: mailDelivery,
    /** When delivery became what it is. */
    deliveryAt: instant,
    /** The mail server's words in numbers, where it did not take the mail: `550 5.1.1`. */
    reply: z.string().optional(),
    /** SHA-256 of the token in the mail's link. */
    token: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional(),
    usedAt: instant.optional(),
  }),
);
export type Confirmation = ReturnType<typeof confirmations.decode>;

/** `confirmation-token/<sha256>`: whose address a token confirms. Good only while the user's last mail is this one. */
export const confirmationTokens = new RecordKind(
  'confirmation-token/',
  z.strictObject({ userId: identifier, mailId: identifier, endsAt: instant }),
);

/**
 * `outbox/<due>/<mailId>`: a mail that is to be sent, at the instant in its key or later, so that a list gives them
 * in the order in which they are due.
 */
export const outbox = new RecordKind(
  'outbox/',
  z.strictObject({
    kind: z.literal('confirmation'),
    userId: identifier,
    createdAt: instant,
    attempts: z.codec(z.string().regex(/^\d{1,4}$/), z.int(), { decode: Number, encode: String }),
  }),
);

/** `grantee/<wholesalerId>/<userId>`: stands as long as the user has any permission from the wholesaler. */
export const grantees = new RecordKind('grantee/', z.strictObject({ since: instant }));

const permissionValue = z.strictObject({
  mainRoleId: identifier,
  active: z.boolean(),
  endsOn: z.string().refine(isCalendarDate).optional(),
  changedAt: instant,
});

/**
 * `grants/<userId>`: all permissions of a user, so that one read gives them. A field for each: its name is what the
 * permission is known by ({@link permissionField}), its value the rest as JSON.
 */
export const grants = {
  prefix: 'grants/',
  key: (userId: string): string => `grants/${userId}`,
  /** @throws StoreError `corrupt` */
  decode: (record: StoredRecord): readonly Permission[] =>
    Object.entries(record.fields).map(([field, value]) => decodePermission(field, value)),
};

/** `<wholesalerId>/<roleId>/<scope>`, the scope as {@link scopeText} writes it. */
export function permissionField(permission: {
  readonly wholesalerId: string;
  readonly roleId: string;
  readonly scope: Scope;
}): string {
  return `${permission.wholesalerId}/${permission.roleId}/${scopeText(permission.scope)}`;
}

export function permissionText({ mainRoleId, active, endsOn, changedAt }: Permission): string {
  return JSON.stringify({ mainRoleId, active, endsOn, changedAt });
}

/** A permission from its field's name and value. */
export function decodePermission(field: string, value: string): Permission {
  return readOr(grants.prefix, () => parsePermission(field, value));
}

function parsePermission(field: string, value: string): Permission {
  const [wholesalerId = '', roleId = '', text, ...rest] = field.split('/');
  const scope = text === undefined ? undefined : parseScopeText(text);
  if (!isIdentifier(wholesalerId) || !isIdentifier(roleId) || scope === undefined || rest.length > 0) {
    throw new RangeError('no name of a permission');
  }
  const { endsOn, ...attributes } = permissionValue.parse(JSON.parse(value));
  return { wholesalerId, roleId, scope, endsOn, ...attributes };
}
