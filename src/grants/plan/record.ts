import type { Change } from '../../store/store.ts';
import type { Fields } from '../records.ts';
import type { Draft } from './draft.ts';

/** When a record last changed is no part of what a state says. */
const WHEN = 'changedAt';

/** Adds to a draft what brings one record to the given fields, if anything must change. */
export function planRecord(draft: Draft, name: string, key: string, fields: Fields): void {
  const before = draft.get(key)?.fields;
  if (before === undefined) {
    draft.add({ kind: 'added', text: name }, [{ key, set: fields }]);
    return;
  }
  const differing = Object.keys({ ...before, ...fields }).filter(
    (field) => before[field] !== fields[field] && field !== WHEN,
  );
  if (differing.length === 0) return;
  const words = differing.map((field) => difference(field, before[field], fields[field]));
  const unset = differing.filter((field) => fields[field] === undefined);
  const change: Change = unset.length > 0 ? { key, set: fields, unset } : { key, set: fields };
  draft.add({ kind: 'changed', text: `${name}: ${words.join(', ')}` }, [change]);
}

/** `endsOn none → 2027-01-01`: what became of an attribute. */
export function difference(name: string, before: string | undefined, after: string | undefined): string {
  return `${name} ${before ?? 'none'} → ${after ?? 'none'}`;
}
