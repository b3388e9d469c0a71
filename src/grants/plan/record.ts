import type { Change } from '../../store/store.ts';
import type { AuditSubject } from '../audit.ts';
import type { Fields } from '../records.ts';
import type { Draft } from './draft.ts';

/** When a record last changed is no part of what a state says. */
const WHEN = 'changedAt';

/** One record, and the one thing that it is. */
export interface NamedRecord {
  readonly key: string;
  /** `role STOCK_READ` */
  readonly name: string;
  readonly subject: AuditSubject;
}

/**
 * Adds to a draft what brings one record to the given fields, if anything must change.
 * @param basis keys of records on which that rests
 */
export function planRecord(
  draft: Draft,
  { key, name, subject }: NamedRecord,
  fields: Fields,
  basis: readonly string[] = [],
): void {
  const before = draft.get(key)?.fields;
  if (before === undefined) {
    draft.add({ kind: 'added', text: name, subject, after: audited(fields) }, [{ key, set: fields }], basis);
    return;
  }
  const differing = Object.keys({ ...before, ...fields }).filter(
    (field) => before[field] !== fields[field] && field !== WHEN,
  );
  if (differing.length === 0) return;
  const words = differing.map((field) => difference(field, before[field], fields[field]));
  const unset = differing.filter((field) => fields[field] === undefined);
  const change: Change = unset.length > 0 ? { key, set: fields, unset } : { key, set: fields };
  draft.add(
    {
      kind: 'changed',
      text: `${name}: ${words.join(', ')}`,
      subject,
      before: audited(before),
      after: audited(fields),
    },
    [change],
    basis,
  );
}

/**
 * Adds to a draft the removal of one record.
 * @param basis keys of records on which that rests
 */
export function planRemoval(
  draft: Draft,
  { key, name, subject }: NamedRecord,
  basis: readonly string[] = [],
): void {
  const before = audited(draft.get(key)?.fields ?? {});
  draft.add({ kind: 'removed', text: name, subject, before }, [{ key, remove: true }], basis);
}

function audited(fields: Fields): Fields {
  const { [WHEN]: _, ...rest } = fields;
  return rest;
}

/** `endsOn none → 2027-01-01`: what became of an attribute. */
export function difference(name: string, before: string | undefined, after: string | undefined): string {
  return `${name} ${before ?? 'none'} → ${after ?? 'none'}`;
}
