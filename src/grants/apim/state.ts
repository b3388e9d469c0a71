import type { FileFault } from '../../config/file-fault.ts';
import type { YamlPath } from '../../config/yaml-file.ts';
import { normalizeEmail } from '../../model/email.ts';
import { isIdentifier } from '../../model/identifier.ts';
import type { Store } from '../../store/store.ts';
import * as records from '../records.ts';
import type { State } from '../state.ts';
import type { Stated } from '../state-schema.ts';
import { isSubscriptionKey } from '../subscription-key.ts';
import { type ApimAnswers, type From, faultOf } from './answers.ts';

/** What answers of API Management come to. */
export interface ApimState {
  readonly state: State;
  /** What is left out, and why: a line each, for whoever imports. Holds no key. */
  readonly leftOut: readonly string[];
}

type Subscription = ApimAnswers['subscriptions'][number];

/** API Management's states. One that was never approved lets nobody in, but may be resumed. */
const STATES: Readonly<Record<string, records.Subscription['state']>> = {
  active: 'active',
  suspended: 'suspended',
  submitted: 'suspended',
  rejected: 'cancelled',
  cancelled: 'cancelled',
  expired: 'cancelled',
};

/**
 * Puts answers of API Management into a state that can be applied: users, their subscriptions with both keys, and API
 * products. It says nothing of what Fullmakt alone knows: permissions, wholesalers, roles.
 *
 * @param store whose API products keep their APIs, where no answer tells them
 * @throws StoreError
 */
export async function stateOfApim(answers: ApimAnswers, store: Store): Promise<ApimState> {
  const conversion = new Conversion(answers);
  const users = conversion.users();
  const subscriptions = conversion.subscriptions();
  const apiProducts = await conversion.apiProducts(store, subscriptions);
  const files: Partial<Record<string, readonly From<unknown>[]>> = { users, subscriptions, apiProducts };
  const fault = ([named, index]: YamlPath, message: string): FileFault => {
    const section = String(named);
    const from = files[section]?.[Number(index)];
    return faultOf(from?.file ?? '', from === undefined ? message : `${section}/${from.name}: ${message}`);
  };
  const state: State = {
    sections: {
      wholesalers: undefined,
      apiProducts: entries('apiProducts', apiProducts),
      roles: undefined,
      mainRoles: undefined,
      users: entries('users', users),
      subscriptions: entries('subscriptions', subscriptions),
      permissions: undefined,
    },
    products: undefined,
    faults: conversion.faults,
    declares: (section, id) =>
      (section === 'users' && users.some(({ value }) => value.email === id)) ||
      (section === 'apiProducts' && apiProducts.some(({ value }) => value.name === id)),
    fault,
  };
  return { state, leftOut: conversion.leftOut };
}

function entries<Value>(section: string, from: readonly From<Value>[]) {
  return from.map(({ value }, index) => ({ path: [section, index], value }));
}

class Conversion {
  readonly faults: FileFault[];
  readonly leftOut: string[] = [];
  readonly #answers: ApimAnswers;
  readonly #emails = new Map<string, string>();
  readonly #blocked = new Set<string>();

  constructor(answers: ApimAnswers) {
    this.#answers = answers;
    this.faults = [...answers.faults];
  }

  users(): readonly From<Stated['users']>[] {
    const byEmail = new Map<string, From<Stated['users']>>();
    for (const { file, name, value } of this.#answers.users) {
      const email = normalizeEmail(value.email);
      if (email === undefined) {
        this.faults.push(faultOf(file, `users/${name}: its email is none that Fullmakt takes (ASCII only)`));
        continue;
      }
      this.#emails.set(name, email);
      if (value.state === 'blocked' || value.state === 'deleted') this.#blocked.add(name);
      // API Management has seen to it that an active user's address is the user's.
      const confirmed = value.state === 'active' ? { confirmed: true } : {};
      byEmail.set(email, { file, name, value: { email, ...confirmed } });
    }
    return [...byEmail.values()];
  }

  subscriptions(): readonly From<Stated['subscriptions']>[] {
    // The same may stand in a list and by itself.
    const once = new Map(this.#answers.subscriptions.map((answer) => [answer.name, answer]));
    const taken = new Map<string, From<Stated['subscriptions']>>();
    for (const answer of [...once.values()].toSorted(byUse)) {
      const converted = this.#convert(answer);
      if (converted === undefined) continue;
      const name = `${converted.email} ${converted.apiProduct}`;
      const first = taken.get(name)?.name;
      if (first === undefined) taken.set(name, { ...answer, value: converted });
      else if (converted.state === 'cancelled')
        this.#leaveOut(answer, 'it is over, and another took its place');
      else {
        const message = `subscriptions/${answer.name}: its user has subscriptions/${first} to the same product, and can have one: move its clients, or end it, first`;
        this.faults.push(faultOf(answer.file, message));
      }
    }
    return [...taken.values()];
  }

  async apiProducts(
    store: Store,
    subscriptions: readonly From<Stated['subscriptions']>[],
  ): Promise<readonly From<Stated['apiProducts']>[]> {
    const products = new Map<string, string>();
    for (const { file, name } of this.#answers.products) products.set(name, file);
    for (const { file, value } of subscriptions) {
      if (!products.has(value.apiProduct)) products.set(value.apiProduct, file);
    }
    const converted: From<Stated['apiProducts']>[] = [];
    for (const [name, file] of products) {
      if (!isIdentifier(name)) {
        this.faults.push(faultOf(file, 'products: a name is none that Fullmakt takes'));
        continue;
      }
      const told = this.#answers.productApis.filter((each) => each.name === name).map(({ value }) => value);
      const [known] = (await store.read([records.apiProducts.key(name)])).records;
      const apis = told.length > 0 || known === undefined ? told : records.apiProducts.decode(known).apis;
      converted.push({ file, name, value: { name, apis: [...new Set(apis)] } });
    }
    return converted;
  }

  #convert(answer: Subscription): Stated['subscriptions'] | undefined {
    const { file, name, value } = answer;
    const apiProduct = /\/products\/([^/]+)\/?$/i.exec(value.scope)?.[1];
    if (apiProduct === undefined) return this.#leaveOut(answer, 'it is of APIs, and not of a product');
    const owner = /\/users\/([^/]+)\/?$/i.exec(value.ownerId ?? '')?.[1];
    if (owner === undefined) return this.#leaveOut(answer, 'it has no owner');
    const email = this.#emails.get(owner);
    if (email === undefined) return this.#refuse(file, name, `its owner, users/${owner}, is in no file`);
    const state = STATES[value.state];
    if (state === undefined) return this.#refuse(file, name, 'its state is unknown');
    const keys = this.#answers.keys.get(name);
    const primaryKey = keys?.primaryKey ?? value.primaryKey;
    const secondaryKey = keys?.secondaryKey ?? value.secondaryKey;
    if (primaryKey === undefined || secondaryKey === undefined) {
      if (state === 'cancelled') return this.#leaveOut(answer, 'it is over, and its keys are in no file');
      return this.#refuse(
        file,
        name,
        `its keys are in no file: save the answer of listSecrets as ${name}.json`,
      );
    }
    if (![primaryKey, secondaryKey].every((key) => isSubscriptionKey(key.reveal()))) {
      return this.#refuse(file, name, 'a key of it is none that Fullmakt takes: 16 to 256 characters');
    }
    const end = value.expirationDate ? Date.parse(value.expirationDate) : undefined;
    if (Number.isNaN(end)) return this.#refuse(file, name, 'its expirationDate is no time');
    return {
      email,
      apiProduct,
      primaryKey,
      secondaryKey,
      state: state === 'active' && this.#blocked.has(owner) ? 'suspended' : state,
      ...(value.displayName ? { name: value.displayName } : {}),
      ...(end === undefined ? {} : { endsAt: new Date(end).toISOString() }),
    };
  }

  #leaveOut({ name }: Subscription, reason: string): undefined {
    this.leftOut.push(`subscriptions/${name} is left out: ${reason}`);
  }

  #refuse(file: string, name: string, reason: string): undefined {
    this.faults.push(faultOf(file, `subscriptions/${name}: ${reason}`));
  }
}

/** Those that let somebody in first, those that are over last. */
function byUse(one: Subscription, other: Subscription): number {
  const rank = ({ value }: Subscription): number =>
    ['active', 'suspended', 'cancelled'].indexOf(STATES[value.state] ?? 'cancelled');
  return rank(one) - rank(other);
}
