import { conditionalAccessLimits } from '@sallyport/contracts/conditional-access';
import { RE2JS } from 're2js';
import {
  deviceProperties,
  operators,
  operatorsOfKind,
  type Operator,
  type Property,
  userProperties,
} from './properties.ts';
import { FilterError, tokenize, type Token } from './tokens.ts';

/** Null is a value that one may ask for with `-eq` and `-ne`. */
export type FilterValue = string | null;

export type FilterExpression =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly FilterExpression[] }
  | { readonly kind: 'not'; readonly part: FilterExpression }
  | {
      readonly kind: 'compare';
      readonly property: Property;
      readonly operator: Operator;
      readonly values: readonly FilterValue[];
    }
  /** Of a collection: whether one, or each, of its members holds. The part asks a property named `_`. */
  | { readonly kind: 'any' | 'all'; readonly property: Property; readonly part: FilterExpression };

/**
 * `device`: rules over the device. `attribute`: rules over custom security attributes (`CustomSecurityAttribute.Set_Name`). `user`: rules of dynamic
 * groups, which have `-match`, `-any` and `-all` too.
 */
export type FilterSubject = 'device' | 'attribute' | 'user';

const prefixes = { device: 'device.', attribute: 'customsecurityattribute.', user: 'user.' } as const;
const expectedProperty = {
  device: '`device.` and a property',
  attribute: '`CustomSecurityAttribute.` and a name',
  user: '`user.` and a property',
} as const;
/** A member of a collection, inside `-any` and `-all`. */
const member: Property = { name: '_', kind: 'userText' };

/** Deep enough for every rule that a person writes, and far from the stack's end. */
const maxDepth = 50;

/** Parses a filter's rule. Throws `FilterError`, with the place, when it is not one. */
export function parseFilter(rule: string, subject: FilterSubject = 'device'): FilterExpression {
  if (rule.length > conditionalAccessLimits.filterLength)
    throw new FilterError(`longer than ${conditionalAccessLimits.filterLength} characters`, {
      offset: conditionalAccessLimits.filterLength,
      length: rule.length - conditionalAccessLimits.filterLength,
    });
  return new Parser(tokenize(rule), subject).whole();
}

class Parser {
  readonly #tokens: readonly Token[];
  readonly #subject: FilterSubject;
  #at = 0;
  #inMember = false;

  constructor(tokens: readonly Token[], subject: FilterSubject) {
    this.#tokens = tokens;
    this.#subject = subject;
  }

  whole(): FilterExpression {
    const expression = this.#either(0);
    if (this.#next.kind !== 'end') throw this.#unexpected('`-and`, `-or` or the end');
    return expression;
  }

  get #next(): Token {
    return this.#tokens[this.#at]!;
  }

  #take(): Token {
    const token = this.#next;
    if (token.kind !== 'end') this.#at += 1;
    return token;
  }

  #unexpected(expected: string, token = this.#next): FilterError {
    return new FilterError(
      token.kind === 'end' ? `expected ${expected}, and the rule ends` : `expected ${expected}`,
      token,
    );
  }

  #isWord(text: string): boolean {
    return this.#next.kind === 'word' && this.#next.text.toLowerCase() === text;
  }

  #expect(kind: Token['kind']): void {
    if (this.#next.kind !== kind) throw this.#unexpected(`\`${kind}\``);
    this.#take();
  }

  #either(depth: number): FilterExpression {
    return this.#joined('or', depth, () => this.#all(depth));
  }

  #all(depth: number): FilterExpression {
    return this.#joined('and', depth, () => this.#one(depth));
  }

  #joined(kind: 'and' | 'or', depth: number, part: () => FilterExpression): FilterExpression {
    if (depth > maxDepth) throw new FilterError(`more than ${maxDepth} brackets within each other`, this.#next);
    const first = part();
    const parts = [first];
    while (this.#isWord(kind)) {
      this.#take();
      parts.push(part());
    }
    return parts.length === 1 ? first : { kind, parts };
  }

  #one(depth: number): FilterExpression {
    if (this.#isWord('not')) {
      if (depth > maxDepth) throw new FilterError(`more than ${maxDepth} times \`-not\``, this.#next);
      this.#take();
      return { kind: 'not', part: this.#one(depth + 1) };
    }
    if (this.#next.kind === '(') {
      this.#take();
      const inner = this.#either(depth + 1);
      this.#expect(')');
      return inner;
    }
    return this.#comparison(depth);
  }

  #comparison(depth: number): FilterExpression {
    const property = this.#property();
    const token = this.#next;
    if (property.kind === 'userCollection' && (this.#isWord('any') || this.#isWord('all')))
      return this.#members(property, this.#isWord('any') ? 'any' : 'all', depth);
    const operator = token.text.toLowerCase();
    if (token.kind !== 'word' || !isOperator(operator)) throw this.#unexpected('an operator');
    if (!operatorsOfKind[property.kind].includes(operators[operator]))
      throw new FilterError(`\`${property.name}\` cannot be asked with \`-${token.text}\``, token);
    this.#take();
    const values =
      operators[operator] === 'list'
        ? this.#list(property)
        : [this.#value(property, operators[operator] === 'equality')];
    if (operators[operator] === 'pattern') checkPattern(values[0] ?? '', token);
    return { kind: 'compare', property, operator, values };
  }

  #property(): Property {
    const token = this.#next;
    const prefix = prefixes[this.#subject];
    if (this.#inMember && token.text === '_') {
      this.#take();
      return member;
    }
    if (token.kind !== 'word' || !token.text.toLowerCase().startsWith(prefix))
      throw this.#unexpected(expectedProperty[this.#subject]);
    const property = this.#propertyNamed(token.text.slice(prefix.length));
    if (property === undefined) throw new FilterError(`no such property: \`${token.text}\``, token);
    this.#take();
    return property;
  }

  #propertyNamed(name: string): Property | undefined {
    if (this.#subject === 'device') return deviceProperties.get(name.toLowerCase());
    if (this.#subject === 'user') return userProperties.get(name.toLowerCase());
    return name === '' ? undefined : { name: name.toLowerCase(), kind: 'text' };
  }

  /** `-any (_ -contains "x")` */
  #members(property: Property, kind: 'any' | 'all', depth: number): FilterExpression {
    const token = this.#take();
    if (this.#inMember) throw new FilterError('a member has no members', token);
    this.#expect('(');
    this.#inMember = true;
    const part = this.#either(depth + 1);
    this.#inMember = false;
    this.#expect(')');
    return { kind, property, part };
  }

  #list(property: Property): FilterValue[] {
    this.#expect('[');
    const values = [this.#value(property, false)];
    while (this.#next.kind === ',') {
      this.#take();
      values.push(this.#value(property, false));
    }
    this.#expect(']');
    return values;
  }

  #value(property: Property, mayBeNull: boolean): FilterValue {
    const token = this.#next;
    const bare = token.kind === 'word' ? token.text.toLowerCase() : undefined;
    if (bare === 'null' && mayBeNull) {
      this.#take();
      return null;
    }
    const isValue =
      token.kind === 'string' || bare === 'true' || bare === 'false' || (bare !== undefined && /^\d+$/.test(bare));
    if (!isValue) throw this.#unexpected('a text between quotation marks');
    const { values } = property;
    if (values && !values.some((value) => value.toLowerCase() === token.text.toLowerCase()))
      throw new FilterError(`\`${property.name}\` is one of ${values.join(', ')}`, token);
    this.#take();
    return token.text;
  }
}

/** RE2, so that no rule runs long. */
function checkPattern(pattern: string, at: Token): void {
  try {
    RE2JS.compile(pattern, RE2JS.CASE_INSENSITIVE);
  } catch (error) {
    throw new FilterError(`not a regular expression: ${error instanceof Error ? error.message : pattern}`, at);
  }
}

const isOperator = (text: string): text is Operator => Object.hasOwn(operators, text);
