/** Of wholesalers 10001 to 10040 this caller is the first, and shares the second's goods and some of the third's. */
export const OWNER = 'key-of-the-owner-0001';
/** Has a subscription, and a right to nothing. */
export const STRANGER = 'key-of-the-stranger-0001';

const OWNERS = 40;
const DISTRIBUTORS = 4;
export const PRODUCTS = 400;

/** Owner and distributor of a product in the catalog, by its place in it. */
export function catalogRow(index: number): { productId: string; owner: string; distributor: string } {
  return {
    productId: String(1000 + index * 7),
    owner: ownerId(index % OWNERS),
    distributor: distributorId(index % DISTRIBUTORS),
  };
}

export function ownerId(index: number): string {
  return String(10_001 + (index % OWNERS));
}

export function distributorId(index: number): string {
  return String(20_001 + (index % DISTRIBUTORS));
}

/** Whether OWNER may see an item with these attributes. */
export function ownerSees(owner: string, distributor: string): boolean {
  return owner === '10001' || owner === '10002' || (owner === '10003' && distributor === '20003');
}

/** The same rights, as `fullmakt apply` takes them. */
export const STATE = `
wholesalers:
  - { id: "10001", name: Wholesaler AS, primaryEmails: [api@wholesaler.no] }
  - { id: "10002", name: Open Partner AS }
  - { id: "10003", name: Choosy Partner AS }
apiProducts: [{ name: my-products, apis: [lists] }]
roles:
  - { roleId: LISTS_READ, api: lists, httpVerb: GET, description: Read lists }
  - { roleId: LISTS_WRITE, api: lists, httpVerb: POST, description: Write lists }
mainRoles: [{ mainRoleId: READING, roles: [LISTS_READ], description: Reading }]
users: [{ email: api@wholesaler.no, confirmed: true }, { email: api@stranger.no, confirmed: true }]
subscriptions:
  - { email: api@wholesaler.no, apiProduct: my-products, primaryKey: ${OWNER} }
  - { email: api@stranger.no, apiProduct: my-products, primaryKey: ${STRANGER} }
permissions:
  - { email: api@wholesaler.no, accessToWholesaler: "10002", roleId: LISTS_READ, mainRoleId: READING, active: true }
  - { email: api@wholesaler.no, accessToWholesaler: "10003", roleId: LISTS_READ, mainRoleId: READING, scope: { distributor: ["20003"] }, active: true }
catalog:
${Array.from({ length: PRODUCTS }, (_, index) => `  - ${JSON.stringify(catalogRow(index))}`).join('\n')}
`;
