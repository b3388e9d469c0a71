import { afterAll, expect, test } from 'vitest';
import { renderFaults } from '../../src/config/file-fault.ts';
import { readState } from '../../src/grants/state.ts';
import { faultsOf, Rig, STATE } from './rig.ts';

const rig = await Rig.make();
afterAll(() => rig.close());

async function faultsIn(text: string): Promise<readonly string[]> {
  return faultsOf(await readState(await rig.write('state.yaml', text)));
}

test('every fault of a state is told at once, where it stands', async () => {
  const store = await rig.openStore();
  const state = `wholesalers:
  - { id: 10001, name: A, primaryEmails: [a@x.no, c@x.no, A@x.no] }
  - { id: "10002", name: B, primaryEmails: [c@x.no] }
  - { id: "10002", name: C, primaryEmails: [c@x.no] }
role: []
roles:
  - { roleId: R, api: stock, httpVerb: get, description: d }
  - { roleId: S, api: stock, httpVerb: HEAD, description: d }
  - { roleId: T, api: stock, httpVerb: GET, description: d }
mainRoles:
  - { mainRoleId: M, roles: [R, X], description: d }
  - { mainRoleId: N, roles: [R], description: d, colour: red }
users:
  - email: someone
  - { email: u@x.no, confirmed: maybe }
permissions:
  - email: u@x.no
    accessToWholesaler: "10003"
    roleId: T
    mainRoleId: M
    scope: { distributor: [20003], owner: [], 9x: [a] }
    endsOn: 2026-02-30
  - email: nobody@x.no
    accessToWholesaler: "10003"
    roleId: T
    mainRoleId: M
  - email: u@x.no
    accessToWholesaler: "10002"
    roleId: V
    mainRoleId: O
  - email: u@x.no
    accessToWholesaler: "10002"
    roleId: R
    mainRoleId: N
subscriptions:
  - { email: u@x.no, apiProduct: p, primaryKey: 0123456789abcdef, secondaryKey: 0123456789abcdef }
  - { email: nobody@x.no, apiProduct: p, primaryKey: short }
  - { email: nobody@x.no, apiProduct: p, state: dormant }
catalog:
  - { file: products.csv }
  - { file: none.csv }
  - { productId: 1101, owner: "10001" }
  - { productId: "1101", owner: "10001" }
  - { productId: "1102" }
`;
  await rig.write('products.csv', 'productId,owner\n1101,10001\n1101,10002\n,10001\n1102\n');
  const result = await rig.apply(store, state);
  expect(result.faults.map(({ file }) => file.slice(rig.folder.length + 1))).toContain('products.csv');
  expect(
    result.faults.map(
      (fault) => `${fault.file.endsWith('.csv') ? 'csv ' : ''}${faultsOf({ faults: [fault] }).join('')}`,
    ),
  ).toEqual([
    '2:11: id: must be a text (quote it)',
    '2:59: primaryEmails: stands twice in this list',
    '4:11: id: this wholesaler stands twice: first on line 3',
    '4:45: primaryEmails: an email is primary of one wholesaler: first on line 3',
    '5:1: role: there is no such name here; did you mean roles?',
    '7:40: httpVerb: must be an HTTP method in upper case',
    '8:40: httpVerb: HEAD counts as GET: write GET',
    '11:33: roles: there is no such role',
    '12:50: colour: there is no such name here (there is: mainRoleId, roles, description)',
    '14:12: email: must be an email address, in ASCII',
    '15:33: confirmed: must be true or false',
    '21:28: distributor: must be a text (quote it)',
    '21:43: owner: an empty list admits nothing: leave the attribute out, or the permission inactive',
    '21:47: 9x: the name of an attribute is a letter, then letters, digits and _',
    '22:13: endsOn: must be a day of the calendar, YYYY-MM-DD',
    '23:12: email: there is no such user',
    '24:25: accessToWholesaler: there is no such wholesaler',
    '25:13: roleId: its main role does not have this role',
    '29:13: roleId: there is no such role',
    '30:17: mainRoleId: there is no such main role',
    '36:34: apiProduct: there is no such API product',
    '36:81: secondaryKey: a key is given once: first on line 36',
    '37:54: primaryKey: a key is 16 to 256 printable ASCII characters, without spaces',
    '38:49: state: must be active, suspended or cancelled',
    `41:13: file: ${rig.folder}/none.csv cannot be read: no such file`,
    '42:18: productId: must be a text (quote it)',
    '43:18: productId: this product stands twice',
    '44:5: owner: missing',
    'csv 3:1: this product stands twice',
    'csv 4:1: the id of a product is 1 to 128 characters',
    'csv 5:1: the number of fields is 1, where the header has 2',
  ]);
  expect(await store.position()).toMatchObject({ revision: 0 });
});

test('what the store has may be referred to', async () => {
  const store = await rig.openStore();
  await rig.apply(store, STATE);
  const state = `permissions: [{ email: api@wholesaler.no, accessToWholesaler: "10001", roleId: STOCK_READ, mainRoleId: DISTRIBUTION }]
subscriptions: [{ email: api@distributor.no, apiProduct: my-products }]
mainRoles: [{ mainRoleId: STOCK, roles: [STOCK_READ], description: Stock }]`;
  expect((await rig.apply(store, state)).faults).toEqual([]);
});

test('what is to be pruned cannot be referred to', async () => {
  const store = await rig.openStore();
  await rig.apply(store, STATE);
  const state = STATE.replace(/roles:.*\n/, 'roles: []\n')
    .replace(/users:.*\n/, 'users: []\n')
    .replace(/apiProducts:.*\n/, 'apiProducts: []\n');
  expect(faultsOf(await rig.apply(store, state, { prune: true }))).toEqual([
    '5:49: roles: there is no such role',
    '8:45: apiProduct: there is no such API product',
    '9:14: email: there is no such user',
    '9:46: apiProduct: there is no such API product',
    '11:12: email: there is no such user',
    '13:13: roleId: there is no such role',
  ]);
  expect((await rig.apply(store, state)).faults).toEqual([]);
});

test('a file that is no YAML, no mapping, empty or not there is refused', async () => {
  expect(await faultsIn('users: [')).toEqual([expect.stringMatching(/^1:/)]);
  expect(await faultsIn('- users')).toEqual(['1:1: must be a mapping']);
  expect(await faultsIn('')).toEqual(['1:1: must be a mapping']);
  expect(await faultsIn('users: { email: a@x.no }')).toEqual(['1:8: users: must be a list']);
  const { faults } = await readState(`${rig.folder}/none.yaml`);
  expect(faultsOf({ faults })).toEqual(['1:1: cannot be read: no such file']);
});

test('a fault shows neither a key nor its line', async () => {
  const file = await rig.write(
    'keys.yaml',
    'subscriptions:\n  - { email: 1, apiProduct: p, primaryKey: s3cret }\n',
  );
  expect(renderFaults((await readState(file)).faults)).not.toContain('s3cret');
});

test('ids that YAML reads as numbers are to be quoted', async () => {
  expect(await faultsIn('catalog: [{ productId: 1101, owner: 10001, distributor: 0x10 }]')).toEqual([
    '1:24: productId: must be a text (quote it)',
    '1:37: owner: must be a text (quote it)',
    '1:57: distributor: must be a text (quote it)',
  ]);
});

test('a catalog may be one file, and a file’s path is relative to the file that names it', async () => {
  await rig.write('products.csv', 'productId,owner\n1101,10001\n');
  const { products, faults } = await readState(
    await rig.write('state.yaml', 'catalog: { file: products.csv }'),
  );
  expect(faults).toEqual([]);
  expect(products).toEqual([{ productId: '1101', attributes: { owner: '10001' } }]);
});
