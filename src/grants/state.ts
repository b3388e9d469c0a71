import { dirname, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import type { Product } from '../catalog/product.ts';
import { readProductCsv } from '../catalog/product-csv.ts';
import { type FileFault, inFileOrder } from '../config/file-fault.ts';
import { checkSchema } from '../config/schema-issues.ts';
import { readYamlFile, type YamlFile, type YamlPath } from '../config/yaml-file.ts';
import { normalizeEmail } from '../model/email.ts';
import { faultsOfRepetition } from './state-repetition.ts';
import {
  type Entry,
  productFile,
  SECTIONS,
  type Sections,
  type Stated,
  statedProduct,
} from './state-schema.ts';

/** What a state file says the store shall hold. It must not be applied if it has faults. */
export interface State {
  readonly sections: Sections;
  readonly products: readonly Product[] | undefined;
  readonly faults: readonly FileFault[];
  /** Whether the file has an entry of that id, be it a faulty one: a reference to it is no further fault. */
  declares(section: keyof Stated, id: string): boolean;
  fault(path: YamlPath, message: string): FileFault;
}

const SECRETS = ['primaryKey', 'secondaryKey'];
const NOTHING: Sections = {
  wholesalers: undefined,
  apiProducts: undefined,
  roles: undefined,
  mainRoles: undefined,
  users: undefined,
  subscriptions: undefined,
  permissions: undefined,
};

/** Reads a state file and what it names, with every fault that can be told without the store. */
export async function readState(file: string): Promise<State> {
  const yaml = await readYamlFile(file, SECRETS);
  if (!('value' in yaml)) {
    const fault = (_: YamlPath, message: string): FileFault => ({
      file,
      line: 1,
      column: 1,
      message,
      source: undefined,
    });
    return { sections: NOTHING, products: undefined, faults: yaml.faults, declares: () => false, fault };
  }
  const reader = new StateReader(yaml);
  const sections: Sections = {
    wholesalers: reader.section('wholesalers'),
    apiProducts: reader.section('apiProducts'),
    roles: reader.section('roles'),
    mainRoles: reader.section('mainRoles'),
    users: reader.section('users'),
    subscriptions: reader.section('subscriptions'),
    permissions: reader.section('permissions'),
  };
  const products = await reader.catalog();
  return {
    sections,
    products,
    faults: [
      ...inFileOrder([...reader.faults, ...faultsOfRepetition(sections, yaml)]),
      ...reader.faultsOfCatalog,
    ],
    declares: (section, id) => reader.declares(section, id),
    fault: (path, message) => yaml.fault(path, message),
  };
}

class StateReader {
  readonly faults: FileFault[];
  readonly faultsOfCatalog: FileFault[] = [];
  readonly #yaml: YamlFile;
  readonly #content: Readonly<Record<string, unknown>>;
  readonly #declared = new Set<string>();

  constructor(yaml: YamlFile) {
    this.#yaml = yaml;
    this.faults = [...yaml.faults];
    const names = Object.fromEntries(
      [...Object.keys(SECTIONS), 'catalog'].map((name) => [name, z.unknown()]),
    );
    this.#check(z.strictObject(names).partial(), yaml.value, []);
    this.#content = z.record(z.string(), z.unknown()).catch({}).parse(yaml.value);
  }

  section<Name extends keyof Stated>(name: Name): readonly Entry<Stated[Name]>[] | undefined {
    const schema: z.ZodType<Stated[Name]> = SECTIONS[name];
    return this.#list(name, this.#content[name])?.flatMap((element, index) => {
      const path = [name, index];
      this.#declare(name, element);
      const value = this.#check(schema, element, path);
      return value === undefined ? [] : [{ path, value }];
    });
  }

  declares(section: keyof Stated, id: string): boolean {
    return this.#declared.has(`${section}/${id}`);
  }

  /** Products may stand in the file itself, in CSV files that it names, or both. */
  async catalog(): Promise<readonly Product[] | undefined> {
    const written = this.#content['catalog'];
    const list = isMapping(written) ? [written] : this.#list('catalog', written);
    if (list === undefined) return undefined;
    const known = new Set<string>();
    const products: Product[] = [];
    for (const [index, element] of list.entries()) {
      const path = list[0] === written ? ['catalog'] : ['catalog', index];
      if (isMapping(element) && 'file' in element)
        products.push(...(await this.#productFile(element, path, known)));
      else products.push(...this.#product(element, path, known));
    }
    return products;
  }

  #product(element: unknown, path: YamlPath, known: Set<string>): readonly Product[] {
    const product = this.#check(statedProduct, element, path);
    if (product === undefined) return [];
    if (known.has(product.productId)) {
      this.faults.push(this.#yaml.fault([...path, 'productId'], 'this product stands twice'));
    }
    known.add(product.productId);
    return [product];
  }

  async #productFile(element: unknown, path: YamlPath, known: Set<string>): Promise<readonly Product[]> {
    const named = this.#check(productFile, element, path);
    if (named === undefined) return [];
    const file = isAbsolute(named.file) ? named.file : join(dirname(this.#yaml.file), named.file);
    const read = await readProductCsv(file, known);
    if ('unreadable' in read) {
      this.faults.push(this.#yaml.fault([...path, 'file'], read.unreadable));
      return [];
    }
    this.faultsOfCatalog.push(...read.faults);
    return read.products;
  }

  #list(name: string, written: unknown): readonly unknown[] | undefined {
    return written === undefined ? undefined : this.#check(z.array(z.unknown()), written, [name]);
  }

  #check<Value>(schema: z.ZodType<Value>, value: unknown, path: YamlPath): Value | undefined {
    const result = checkSchema(schema, value);
    if ('data' in result) return result.data;
    for (const issue of result.issues) {
      this.faults.push(this.#yaml.fault([...path, ...issue.path], issue.message, issue.part));
    }
    return undefined;
  }

  #declare(section: keyof Stated, element: unknown): void {
    const id = isMapping(element) ? element[IDS[section] ?? ''] : undefined;
    if (typeof id === 'string') this.#declared.add(`${section}/${normalizeEmail(id) ?? id}`);
  }
}

/** What an entry is referred to by. */
const IDS: Readonly<Partial<Record<keyof Stated, string>>> = {
  wholesalers: 'id',
  apiProducts: 'name',
  roles: 'roleId',
  mainRoles: 'mainRoleId',
  users: 'email',
};

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
