import type { OperatorToken } from '../../config/config.ts';
import type { Api } from '../api.ts';
import { auditCalls } from './audit-calls.ts';
import { definitionCalls } from './definition-calls.ts';
import { keyCalls } from './key-calls.ts';
import { type Operator, operatorAuthentication } from './operator.ts';
import type { ManagementParts } from './paging.ts';
import { permissionCalls } from './permission-calls.ts';
import { subscriptionCalls } from './subscription-calls.ts';
import { userCalls } from './user-calls.ts';

/** The API by which operators, and the portal in their place, manage everything. */
export function managementApi(
  parts: ManagementParts & { readonly operatorTokens: readonly OperatorToken[] },
): Api<Operator> {
  return {
    name: 'Management',
    description: 'For operators, with a token: wholesalers, users, subscriptions, roles, catalog, audit.',
    authentication: operatorAuthentication(parts.operatorTokens),
    endpoints: [
      ...definitionCalls(parts),
      ...userCalls(parts),
      ...subscriptionCalls(parts),
      ...keyCalls(parts),
      ...permissionCalls(parts),
      ...auditCalls(parts),
    ],
  };
}
