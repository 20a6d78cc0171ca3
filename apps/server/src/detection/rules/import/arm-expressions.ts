import { createHash } from 'node:crypto';

/** Something in a template that can't be resolved. */
export class ArmError extends Error {
  override readonly name = 'ArmError';
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

const depthMax = 48;
const stepsMax = 200_000;
const charsMax = 4 * 1_024 * 1_024;

/** What `parameters('…')` and `variables('…')` of a template are. */
export interface ArmScope {
  readonly parameters: ReadonlyMap<string, Json>;
  readonly variables: ReadonlyMap<string, Json>;
}

/**
 * Resolves the expressions in the values of an ARM template, as far as they can be known without deploying it: parameters by their defaults, variables,
 * and the functions on texts, lists and objects. Throws ArmError on others.
 * https://learn.microsoft.com/azure/azure-resource-manager/templates/template-expressions
 */
export class ArmResolver {
  readonly #scope: ArmScope;
  #steps = 0;

  constructor(scope: ArmScope) {
    this.#scope = scope;
  }

  resolve(value: Json, depth = 0): Json {
    this.#step(depth);
    if (typeof value === 'string') {
      if (value.startsWith('[[')) return value.slice(1);
      if (!value.startsWith('[') || !value.endsWith(']')) return value;
      return this.#evaluate(value.slice(1, -1), depth + 1);
    }
    if (Array.isArray(value)) return value.map((item: Json) => this.resolve(item, depth + 1));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.resolve(inner, depth + 1)]));
  }

  #step(depth: number): void {
    if (depth > depthMax) throw new ArmError('expressions are nested too deeply');
    if (++this.#steps > stepsMax) throw new ArmError('the template takes too many steps to resolve');
  }

  #evaluate(text: string, depth: number): Json {
    const reader = new Reader(text);
    const value = this.#expression(reader, depth);
    reader.end();
    return value;
  }

  /** A value is resolved after its properties are chosen, so that only what is asked for has to be known. */
  #expression(reader: Reader, depth: number): Json {
    this.#step(depth);
    const literal = reader.literal();
    if (literal !== undefined) return literal;
    const name = reader.name();
    const args: Json[] = [];
    reader.expect('(');
    while (!reader.takes(')')) {
      if (args.length > 0) reader.expect(',');
      args.push(this.#expression(reader, depth + 1));
    }
    let value = this.#call(name.toLowerCase(), args);
    // An object of variables may name other variables.
    const known = (): Json => (typeof value === 'string' ? this.resolve(value, depth + 1) : value);
    for (;;) {
      if (reader.takes('.')) value = member(known(), reader.name());
      else if (reader.takes('[')) {
        value = member(known(), this.#expression(reader, depth + 1));
        reader.expect(']');
      } else break;
    }
    return this.resolve(value, depth + 1);
  }

  #call(name: string, args: readonly Json[]): Json {
    if (name === 'parameters' || name === 'variables') {
      const value = this.#scope[name].get(textOf(args[0]).toLowerCase());
      if (value === undefined) throw new ArmError(`there is no \`${textOf(args[0])}\` among the ${name}`);
      return value;
    }
    const known = functions.get(name);
    if (!known) throw new ArmError(`the function \`${name}\` is not known before deployment`);
    const value = known(args);
    if (typeof value === 'string' && value.length > charsMax) throw new ArmError('a text became too long');
    // What a function gives is a value, whatever it looks like.
    return typeof value === 'string' && value.startsWith('[') ? `[${value}` : value;
  }
}

/** Reads one expression from left to right. */
class Reader {
  readonly #text: string;
  #at = 0;
  constructor(text: string) {
    this.#text = text;
  }

  #match(pattern: RegExp): RegExpExecArray | undefined {
    this.#at += /^\s*/.exec(this.#text.slice(this.#at))?.[0].length ?? 0;
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) return undefined;
    this.#at = pattern.lastIndex;
    return found;
  }

  literal(): Json | undefined {
    const quoted = this.#match(/'((?:[^']|'')*)'/y);
    if (quoted) return quoted[1]!.replaceAll("''", "'");
    const number = this.#match(/-?\d+(?:\.\d+)?(?![\w.])/y);
    if (number) return Number(number[0]);
    const word = this.#match(/(?:true|false|null)(?![\w.(])/iy)?.[0].toLowerCase();
    return word === undefined ? undefined : word === 'null' ? null : word === 'true';
  }

  name(): string {
    const found = this.#match(/[\w-]+(?:\.[\w-]+(?=\())?/y);
    if (!found) throw new ArmError(`expected a name at character ${this.#at} of \`${this.#text.slice(0, 80)}\``);
    return found[0];
  }

  takes(sign: string): boolean {
    return this.#match(new RegExp(`\\${sign}`, 'y')) !== undefined;
  }

  expect(sign: string): void {
    if (!this.takes(sign))
      throw new ArmError(`expected \`${sign}\` at character ${this.#at} of \`${this.#text.slice(0, 80)}\``);
  }

  end(): void {
    if (this.#text.slice(this.#at).trim() !== '')
      throw new ArmError(`unexpected text at character ${this.#at} of \`${this.#text.slice(0, 80)}\``);
  }
}

export const isObject = (value: unknown): value is { readonly [name: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

function member(value: Json, key: Json): Json {
  if (isList(value) && typeof key === 'number') return value[key] ?? null;
  if (isObject(value)) {
    const wanted = textOf(key).toLowerCase();
    const found = Object.entries(value).find(([name]) => name.toLowerCase() === wanted);
    if (found) return found[1];
  }
  throw new ArmError(`there is no property \`${textOf(key)}\``);
}

function textOf(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
const numberOf = (value: Json | undefined): number => Number(value ?? Number.NaN);
const listOf = (value: Json | undefined): readonly Json[] => (isList(value) ? value : []);

/** The namespace that ARM's `guid` hashes under. */
const guidNamespace = Buffer.from('11fb06fb712d4ddd98c7e71bbd588830', 'hex');

/** ARM's `guid`: a UUIDv5 (RFC 9562) of the texts joined by `-`. */
export function armGuid(parts: readonly string[]): string {
  const hash = createHash('sha1').update(guidNamespace).update(parts.join('-')).digest().subarray(0, 16);
  hash[6] = (hash[6]! & 0x0f) | 0x50;
  hash[8] = (hash[8]! & 0x3f) | 0x80;
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Names of what only a deployment knows. */
const group = { id: '/subscriptions/subscription/resourceGroups/group', name: 'group', location: 'location' };
const resourceId = (args: readonly Json[]): Json => {
  const at = args.findIndex((arg) => textOf(arg).includes('/'));
  const [type = '', ...names] = args.slice(Math.max(0, at)).map(textOf);
  const [provider, ...types] = type.split('/');
  return `${group.id}/providers/${provider}${types.map((one, i) => `/${one}/${names[i] ?? ''}`).join('')}`;
};
const truthOf = (value: Json | undefined): boolean => value === true || textOf(value).toLowerCase() === 'true';

const functions: ReadonlyMap<string, (args: readonly Json[]) => Json> = new Map<
  string,
  (args: readonly Json[]) => Json
>([
  ['concat', (args) => (args.some(isList) ? args.flatMap(listOf) : args.map(textOf).join(''))],
  [
    'format',
    ([text, ...args]) => textOf(text).replaceAll(/\{(\d+)[^}]*\}/g, (_, i: string) => textOf(args[Number(i)])),
  ],
  ['tolower', ([text]) => textOf(text).toLowerCase()],
  ['toupper', ([text]) => textOf(text).toUpperCase()],
  ['trim', ([text]) => textOf(text).trim()],
  ['replace', ([text, old, by]) => textOf(text).replaceAll(textOf(old), () => textOf(by))],
  [
    'substring',
    ([text, from, length]) => textOf(text).substr(numberOf(from), length === undefined ? undefined : numberOf(length)),
  ],
  ['split', ([text, by]) => textOf(text).split(isList(by ?? null) ? textOf(listOf(by)[0]) : textOf(by))],
  ['join', ([list, by]) => listOf(list).map(textOf).join(textOf(by))],
  ['first', ([value]) => (isList(value) ? (value[0] ?? null) : textOf(value).slice(0, 1))],
  ['last', ([value]) => (isList(value) ? (value.at(-1) ?? null) : textOf(value).slice(-1))],
  ['take', ([value, n]) => (isList(value) ? value.slice(0, numberOf(n)) : textOf(value).slice(0, numberOf(n)))],
  ['skip', ([value, n]) => (isList(value) ? value.slice(numberOf(n)) : textOf(value).slice(numberOf(n)))],
  [
    'length',
    ([value]) => (isList(value) ? value.length : isObject(value) ? Object.keys(value).length : textOf(value).length),
  ],
  ['indexof', ([text, part]) => textOf(text).toLowerCase().indexOf(textOf(part).toLowerCase())],
  ['startswith', ([text, part]) => textOf(text).toLowerCase().startsWith(textOf(part).toLowerCase())],
  ['endswith', ([text, part]) => textOf(text).toLowerCase().endsWith(textOf(part).toLowerCase())],
  [
    'contains',
    ([value, part]) =>
      isList(value)
        ? value.some((one) => textOf(one) === textOf(part))
        : isObject(value)
          ? textOf(part) in value
          : textOf(value).includes(textOf(part)),
  ],
  [
    'empty',
    ([value]) =>
      value === null ||
      value === undefined ||
      (isObject(value) ? Object.keys(value).length === 0 : isList(value) ? value.length === 0 : textOf(value) === ''),
  ],
  ['coalesce', (args) => args.find((arg) => arg !== null) ?? null],
  ['if', ([test, yes = null, no = null]) => (truthOf(test) ? yes : no)],
  ['equals', ([a, b]) => JSON.stringify(a) === JSON.stringify(b)],
  ['not', ([a]) => !truthOf(a)],
  ['and', (args) => args.every(truthOf)],
  ['or', (args) => args.some(truthOf)],
  ['add', ([a, b]) => numberOf(a) + numberOf(b)],
  ['sub', ([a, b]) => numberOf(a) - numberOf(b)],
  ['string', ([value]) => textOf(value)],
  ['int', ([value]) => numberOf(value)],
  ['bool', ([value]) => truthOf(value)],
  ['createarray', (args) => [...args]],
  ['guid', (args) => armGuid(args.map(textOf))],
  ['uniquestring', (args) => createHash('sha256').update(args.map(textOf).join('-')).digest('hex').slice(0, 13)],
  ['newguid', () => armGuid(['new'])],
  ['resourcegroup', () => group],
  ['subscription', () => ({ id: '/subscriptions/subscription', subscriptionId: 'subscription', tenantId: 'tenant' })],
  ['deployment', () => ({ name: 'deployment' })],
  ['resourceid', resourceId],
  ['subscriptionresourceid', resourceId],
  ['extensionresourceid', resourceId],
  ['base64tostring', ([text]) => Buffer.from(textOf(text), 'base64').toString()],
  ['uricomponent', ([text]) => encodeURIComponent(textOf(text))],
]);
