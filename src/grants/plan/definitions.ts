import { productKey } from '../../catalog/product.ts';
import * as records from '../records.ts';
import type { NamedRecord } from './record.ts';

export function wholesalerRecord(wholesalerId: string): NamedRecord {
  return {
    key: records.wholesalers.key(wholesalerId),
    name: `wholesaler ${wholesalerId}`,
    subject: { kind: 'wholesaler', wholesalerId },
  };
}

export function apiProductRecord(apiProduct: string): NamedRecord {
  return {
    key: records.apiProducts.key(apiProduct),
    name: `API product ${apiProduct}`,
    subject: { kind: 'apiProduct', apiProduct },
  };
}

export function roleRecord(roleId: string): NamedRecord {
  return { key: records.roles.key(roleId), name: `role ${roleId}`, subject: { kind: 'role', roleId } };
}

export function mainRoleRecord(mainRoleId: string): NamedRecord {
  return {
    key: records.mainRoles.key(mainRoleId),
    name: `main role ${mainRoleId}`,
    subject: { kind: 'mainRole', mainRoleId },
  };
}

export function productRecord(productId: string): NamedRecord {
  return {
    key: productKey(productId),
    name: `product ${productId}`,
    subject: { kind: 'product', productId },
  };
}
