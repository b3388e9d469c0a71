import type { Change, Position, Precondition } from './store.ts';
import { BATCH_LIMIT, StoreError } from './store.ts';

const PRINTABLE = /^[\x20-\x7e]+$/;

function invalid(message: string): StoreError {
  return new StoreError('invalid', message);
}

function checkRevision(revision: number): void {
  if (!Number.isSafeInteger(revision) || revision < 0) {
    throw invalid('a revision is a whole number of 0 or more');
  }
}

/** @throws StoreError `invalid` */
export function checkKeys(keys: readonly string[]): void {
  if (keys.length > BATCH_LIMIT) throw invalid(`more than ${BATCH_LIMIT} records in one call`);
  for (const key of keys) {
    if (!PRINTABLE.test(key)) throw invalid('a key is not non-empty printable ASCII');
  }
}

/** @throws StoreError `invalid` */
export function checkPage(prefix: string, page: { readonly after?: string; readonly limit: number }): void {
  if (prefix !== '') checkKeys([prefix]);
  if (page.after !== undefined) checkKeys([page.after]);
  if (!Number.isSafeInteger(page.limit) || page.limit < 1 || page.limit > BATCH_LIMIT) {
    throw invalid(`a page holds between 1 and ${BATCH_LIMIT} records`);
  }
}

/** @throws StoreError `invalid` */
export function checkCommit(changes: readonly Change[], preconditions: readonly Precondition[]): void {
  if (changes.length === 0) throw invalid('a commit without a change');
  const keys = changes.map((change) => change.key);
  checkKeys(keys);
  if (new Set(keys).size < keys.length) throw invalid('a record is changed twice in one commit');
  for (const change of changes) {
    if (!('remove' in change)) checkFields(change.set ?? {}, change.unset ?? []);
  }
  checkKeys(preconditions.map((precondition) => precondition.key));
  for (const precondition of preconditions) checkRevision(precondition.revision);
}

function checkFields(set: Readonly<Record<string, string>>, unset: readonly string[]): void {
  const names = [...Object.keys(set), ...unset];
  if (names.length === 0) throw invalid('a change that changes nothing');
  if (new Set(names).size < names.length) throw invalid('a field is named twice in one change');
  if (!names.every((name) => PRINTABLE.test(name))) {
    throw invalid('a field name is not non-empty printable ASCII');
  }
  // A lone surrogate has no form in UTF-8: it would come back as another text.
  if (!Object.values(set).every((value) => value.isWellFormed())) {
    throw invalid('a field value is not Unicode text');
  }
}

/** @throws StoreError `invalid` */
export function checkPosition(position: Position): void {
  checkRevision(position.revision);
  if ((position.revision === 0) !== (position.commitId === '')) {
    throw invalid('a position has a commit id, or is revision 0');
  }
}
