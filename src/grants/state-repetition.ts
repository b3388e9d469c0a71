import type { FileFault } from '../config/file-fault.ts';
import type { YamlFile, YamlPath } from '../config/yaml-file.ts';
import { permissionField } from './records.ts';
import type { Entry, Sections } from './state-schema.ts';

/** Where something is named that may be named once only, and what to say of its second place. */
interface Unique {
  readonly message: string;
  readonly places: readonly (readonly [name: string, path: YamlPath])[];
}

/** What a state file states twice, at its second place. */
export function faultsOfRepetition(sections: Sections, yaml: YamlFile): readonly FileFault[] {
  const faults: FileFault[] = [];
  for (const { message, places } of [
    ...uniqueEntries(sections),
    uniquePrimaries(sections),
    uniqueKeys(sections),
  ]) {
    const first = new Map<string, YamlPath>();
    for (const [name, path] of places) {
      const before = first.get(name);
      if (before === undefined) first.set(name, path);
      else faults.push(yaml.fault(path, `${message}: first on line ${yaml.fault(before, '').line}`));
    }
  }
  return faults;
}

function uniqueEntries(sections: Sections): readonly Unique[] {
  return [
    {
      message: 'this wholesaler stands twice',
      places: placesOf(sections.wholesalers, ({ id }) => id, 'id'),
    },
    {
      message: 'this API product stands twice',
      places: placesOf(sections.apiProducts, ({ name }) => name, 'name'),
    },
    { message: 'this role stands twice', places: placesOf(sections.roles, ({ roleId }) => roleId, 'roleId') },
    {
      message: 'this main role stands twice',
      places: placesOf(sections.mainRoles, ({ mainRoleId }) => mainRoleId, 'mainRoleId'),
    },
    { message: 'this user stands twice', places: placesOf(sections.users, ({ email }) => email, 'email') },
    {
      message: 'this user’s subscription to this API product stands twice',
      places: placesOf(sections.subscriptions, ({ email, apiProduct }) => `${email} ${apiProduct}`),
    },
    {
      message: 'this permission (email, wholesaler, role and scope) stands twice',
      places: placesOf(
        sections.permissions,
        (value) => `${value.email} ${permissionField({ ...value, wholesalerId: value.accessToWholesaler })}`,
      ),
    },
  ];
}

function placesOf<Value>(
  entries: readonly Entry<Value>[] | undefined,
  nameOf: (value: Value) => string,
  ...at: readonly string[]
): Unique['places'] {
  return (entries ?? []).map(({ value, path }) => [nameOf(value), [...path, ...at]]);
}

function uniquePrimaries(sections: Sections): Unique {
  const places = (sections.wholesalers ?? []).flatMap(({ value, path }) =>
    value.primaryEmails.map((email, index) => [email, [...path, 'primaryEmails', index]] as const),
  );
  return { message: 'an email is primary of one wholesaler', places };
}

function uniqueKeys(sections: Sections): Unique {
  const places = (sections.subscriptions ?? []).flatMap(({ value, path }) =>
    (['primaryKey', 'secondaryKey'] as const).flatMap((slot) => {
      const key = value[slot]?.reveal();
      return key === undefined ? [] : [[key, [...path, slot]] as const];
    }),
  );
  return { message: 'a key is given once', places };
}
