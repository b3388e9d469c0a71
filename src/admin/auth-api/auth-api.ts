import type { Api } from '../api.ts';
import { auditCalls } from './audit-calls.ts';
import { type Owner, type OwnerParts, ownerAuthentication } from './owner.ts';
import { type CallParts, permissionCalls } from './permission-calls.ts';
import { roleCalls } from './role-calls.ts';
import { userCalls } from './user-calls.ts';

/** The API by which a wholesaler's automation says who may see its data. */
export function authApi(parts: OwnerParts & CallParts): Api<Owner> {
  return {
    name: 'Permissions',
    description:
      'For the primary email of a wholesaler, with a subscription key of the API product `auth`: who else may see the wholesaler’s data.',
    authentication: ownerAuthentication(parts),
    endpoints: [...roleCalls(parts), ...permissionCalls(parts), ...userCalls(parts), ...auditCalls(parts)],
  };
}
