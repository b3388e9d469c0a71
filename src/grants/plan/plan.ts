import * as records from '../records.ts';
import type { State } from '../state.ts';
import type { Peppers } from '../subscription-key.ts';
import {
  apiProductRecord,
  mainRoleRecord,
  productRecord,
  roleRecord,
  wholesalerRecord,
} from './definitions.ts';
import type { Draft } from './draft.ts';
import { planPermission } from './permission.ts';
import { planRecord } from './record.ts';
import { planSubscription } from './subscription.ts';
import { knownUserId, planPrimaryEmails, planUsers } from './user.ts';

/** Adds to a draft whatever brings its records to a state; removes nothing. */
export function planState(draft: Draft, state: State, peppers: Peppers, changedAt: string): void {
  const { sections } = state;
  for (const { value } of sections.wholesalers ?? []) {
    const { id, name } = value;
    planRecord(draft, wholesalerRecord(id), records.wholesalers.encode({ name }));
  }
  for (const { value } of sections.apiProducts ?? []) {
    const { name, apis } = value;
    planRecord(draft, apiProductRecord(name), records.apiProducts.encode({ apis }));
  }
  for (const { value } of sections.roles ?? []) {
    const { roleId, ...role } = value;
    planRecord(draft, roleRecord(roleId), records.roles.encode({ ...role, changedAt }));
  }
  for (const { value } of sections.mainRoles ?? []) {
    const { mainRoleId, ...mainRole } = value;
    planRecord(draft, mainRoleRecord(mainRoleId), records.mainRoles.encode({ ...mainRole, changedAt }));
  }
  planUsers(draft, state, changedAt);
  planPrimaryEmails(draft, state, changedAt);
  for (const { value } of sections.subscriptions ?? []) {
    planSubscription(draft, { ...value, userId: knownUserId(draft, value.email) }, peppers, changedAt);
  }
  for (const { value } of sections.permissions ?? []) {
    planPermission(draft, { ...value, userId: knownUserId(draft, value.email) }, changedAt);
  }
  for (const { productId, attributes } of state.products ?? []) {
    planRecord(draft, productRecord(productId), attributes);
  }
}
