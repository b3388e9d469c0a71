/** The kinds of things that operators define, each as it stands in the store and as the management API tells it. */
import { z } from 'zod';
import { decodeProduct, isProductId, PRODUCT_PREFIX, productKey } from '../../catalog/product.ts';
import type { Origin } from '../../grants/actor.ts';
import {
  type DefinitionProblem,
  type DefinitionTarget,
  deleteMainRole,
  deleteProduct,
  deleteRole,
  type Put,
  putApiProduct,
  putMainRole,
  putProduct,
  putRole,
  putWholesaler,
} from '../../grants/definitions.ts';
import * as records from '../../grants/records.ts';
import type { Store, StoredRecord } from '../../store/store.ts';
import { attributeRecord } from '../attribute-record.ts';
import type { ProblemCode } from '../problems.ts';
import { attributeName, identifier, words } from '../schemas.ts';

/** One kind of thing. */
export interface DefinitionKind<Body> {
  /** Its place under /manage/v1: `main-roles`. */
  readonly collection: string;
  /** As operations are named: `MainRole`. */
  readonly name: string;
  /** In a sentence: `main role`. */
  readonly noun: string;
  readonly idName: string;
  readonly id: z.ZodType<string>;
  readonly prefix: string;
  readonly key: (id: string) => string;
  readonly body: z.ZodType<Body>;
  /** The record's attributes, as they are told. */
  readonly attributes: z.ZodType;
  readonly read: (record: StoredRecord) => object;
  readonly example: { readonly id: string; readonly body: Body };
  readonly unknown: ProblemCode;
  put(store: Store, origin: Origin, target: DefinitionTarget, body: Body): Promise<Put | DefinitionProblem>;
  readonly putProblems: readonly ProblemCode[];
  /** Left out: it can't be removed here. */
  readonly remove?: (
    store: Store,
    origin: Origin,
    target: DefinitionTarget,
  ) => Promise<{ readonly id: string } | DefinitionProblem>;
}

const list = z
  .array(identifier)
  .max(1000)
  .refine((ids) => new Set(ids).size === ids.length, 'has something twice')
  .meta({ uniqueItems: true });

const wholesaler = z.strictObject({ name: words });
export const WHOLESALERS: DefinitionKind<z.output<typeof wholesaler>> = {
  collection: 'wholesalers',
  name: 'Wholesaler',
  noun: 'wholesaler',
  idName: 'wholesalerId',
  id: identifier,
  prefix: records.wholesalers.prefix,
  key: (id) => records.wholesalers.key(id),
  body: wholesaler,
  attributes: wholesaler,
  read: (record) => records.wholesalers.decode(record),
  example: { id: '10001', body: { name: 'Wholesaler AS' } },
  unknown: 'wholesaler_unknown',
  put: putWholesaler,
  putProblems: [],
};

const apiProduct = z.strictObject({ apis: list.describe('The APIs that a subscription to it reaches.') });
export const API_PRODUCTS: DefinitionKind<z.output<typeof apiProduct>> = {
  collection: 'api-products',
  name: 'ApiProduct',
  noun: 'API product',
  idName: 'apiProduct',
  id: identifier,
  prefix: records.apiProducts.prefix,
  key: (id) => records.apiProducts.key(id),
  body: apiProduct,
  attributes: apiProduct,
  read: (record) => records.apiProducts.decode(record),
  example: { id: 'my-products', body: { apis: ['stock-per-store'] } },
  unknown: 'api_product_unknown',
  put: putApiProduct,
  putProblems: [],
};

const changedAt = z.iso.datetime({ precision: 3 }).describe('When it last changed.');
const role = z.strictObject({
  api: identifier.describe('The API that it opens.'),
  httpVerb: z
    .string()
    .regex(/^(?!HEAD$)[A-Z]{1,20}$/, 'must be an HTTP method in upper case; GET allows HEAD too')
    .describe('The HTTP method that it allows there.'),
  description: words,
});
export const ROLES: DefinitionKind<z.output<typeof role>> = {
  collection: 'roles',
  name: 'Role',
  noun: 'role',
  idName: 'roleId',
  id: identifier,
  prefix: records.roles.prefix,
  key: (id) => records.roles.key(id),
  body: role,
  attributes: z.strictObject({ ...role.shape, changedAt }),
  read: (record) => records.roles.decode(record),
  example: {
    id: 'STOCK_READ',
    body: { api: 'stock-per-store', httpVerb: 'GET', description: 'Read stock' },
  },
  unknown: 'role_unknown',
  put: putRole,
  putProblems: [],
  remove: deleteRole,
};

const mainRole = z.strictObject({ roles: list.describe('The roles that it suggests.'), description: words });
export const MAIN_ROLES: DefinitionKind<z.output<typeof mainRole>> = {
  collection: 'main-roles',
  name: 'MainRole',
  noun: 'main role',
  idName: 'mainRoleId',
  id: identifier,
  prefix: records.mainRoles.prefix,
  key: (id) => records.mainRoles.key(id),
  body: mainRole,
  attributes: z.strictObject({ ...mainRole.shape, changedAt }),
  read: (record) => records.mainRoles.decode(record),
  example: { id: 'DISTRIBUTION', body: { roles: ['STOCK_READ'], description: 'Distribution' } },
  unknown: 'main_role_unknown',
  put: putMainRole,
  putProblems: ['role_unknown'],
  remove: deleteMainRole,
};

/** An empty owner is nobody. */
const attribute = z.union([words, z.literal('')]);
const product = attributeRecord(attributeName, attribute)
  .refine((attributes) => attributes['owner'] !== undefined, 'owner is missing; "" is nobody')
  .meta({ required: ['owner'], description: 'What is decided by. `owner` "": visible to nobody.' });
export const PRODUCTS: DefinitionKind<{ readonly attributes: z.output<typeof product> }> = {
  collection: 'catalog',
  name: 'Product',
  noun: 'product',
  idName: 'productId',
  id: z.string().refine(isProductId, 'must be 1 to 128 characters').meta({ minLength: 1, maxLength: 128 }),
  prefix: PRODUCT_PREFIX,
  key: productKey,
  body: z.strictObject({ attributes: product }),
  attributes: z.strictObject({ attributes: product }),
  read: (record) => ({ attributes: decodeProduct(record).attributes }),
  example: { id: '1101', body: { attributes: { owner: '10001', distributor: '20003' } } },
  unknown: 'product_unknown',
  put: (store, origin, target, { attributes }) => putProduct(store, origin, target, attributes),
  putProblems: [],
  remove: deleteProduct,
};
