import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { z } from 'zod';
import type { FileFault } from '../../config/file-fault.ts';
import { Secret } from '../../model/secret.ts';

/** What was read, and from which file. */
export interface From<Value> {
  readonly file: string;
  /** Its name in API Management: the last part of its id. */
  readonly name: string;
  readonly value: Value;
}

/** What the management of Azure API Management answered, of all files together. */
export interface ApimAnswers {
  readonly users: From<z.output<typeof user>>[];
  readonly products: From<unknown>[];
  /** `name` is the product's. */
  readonly productApis: From<string>[];
  readonly subscriptions: From<z.output<typeof subscription>>[];
  /** By the subscription's name. */
  readonly keys: Map<string, z.output<typeof keys>>;
  readonly faults: FileFault[];
  /** Files that are the first of several pages, or a page in their middle. */
  readonly continued: string[];
}

const text = z.string().nullish();
const secret = z
  .string()
  .nullish()
  .transform((key) => (key ? new Secret(key) : undefined));
const keys = z.object({ primaryKey: secret, secondaryKey: secret });
const user = z.object({ email: z.string(), state: text });
const subscription = z.object({
  ownerId: text,
  scope: z.string(),
  displayName: text,
  state: z.string(),
  expirationDate: text,
  ...keys.shape,
});
const resource = z.object({ id: z.string(), properties: z.looseObject({}).default({}) });
const list = z.object({ value: z.array(z.unknown()), nextLink: text });

/**
 * Reads answers of ARM's REST API, as they were saved: lists (`{"value": […]}`) or single resources of users,
 * products, products' APIs and subscriptions; and answers of `listSecrets`, which name no subscription: the file must
 * be called after it, `<subscription>.json`.
 */
export async function readApimAnswers(files: readonly string[]): Promise<ApimAnswers> {
  const answers: ApimAnswers = {
    users: [],
    products: [],
    productApis: [],
    subscriptions: [],
    keys: new Map(),
    faults: [],
    continued: [],
  };
  for (const file of files) await readAnswer(file, answers);
  return answers;
}

/** A fault of a file of JSON: no value of it is shown. */
export function faultOf(file: string, message: string): FileFault {
  return { file, line: 1, column: 1, message, source: undefined };
}

async function readAnswer(file: string, answers: ApimAnswers): Promise<void> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    answers.faults.push(faultOf(file, reason));
    return;
  }
  const page = list.safeParse(content);
  if (page.success) {
    if (page.data.nextLink) answers.continued.push(file);
    for (const element of page.data.value) take(file, element, answers);
    return;
  }
  const secrets = resource.safeParse(content).success ? undefined : keys.safeParse(content).data;
  if (secrets?.primaryKey !== undefined) answers.keys.set(basename(file, '.json'), secrets);
  else take(file, content, answers);
}

/** `…/service/NAME/subscriptions/ID`; the Azure subscription stands further to the left. */
const ID = /\/(users|products|subscriptions)\/([^/]+)(?:\/apis\/([^/]+))?$/i;

function take(file: string, element: unknown, answers: ApimAnswers): void {
  const read = resource.safeParse(element);
  const [, kind, name = '', api] = ID.exec(read.data?.id ?? '') ?? [];
  if (!read.success || kind === undefined) {
    answers.faults.push(faultOf(file, 'holds something that is no user, product, subscription or secrets'));
    return;
  }
  const { properties } = read.data;
  const wrong = (): void => {
    answers.faults.push(
      faultOf(file, `${kind}/${name}: its properties are not as API Management gives them`),
    );
  };
  switch (kind.toLowerCase()) {
    case 'products':
      if (api === undefined) answers.products.push({ file, name, value: properties });
      else answers.productApis.push({ file, name, value: api });
      return;
    case 'users': {
      const parsed = user.safeParse(properties);
      if (parsed.success) answers.users.push({ file, name, value: parsed.data });
      else wrong();
      return;
    }
    default: {
      const parsed = subscription.safeParse(properties);
      if (parsed.success) answers.subscriptions.push({ file, name, value: parsed.data });
      else wrong();
    }
  }
}
