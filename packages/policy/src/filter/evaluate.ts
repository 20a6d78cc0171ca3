import { RE2JS } from 're2js';
import type { FilterExpression, FilterValue } from './parse.ts';
import type { Operator } from './properties.ts';

/** What a property is: nothing for one that is not known, as all are of a device that is not registered. */
export type PropertyReader = (name: string) => string | boolean | readonly string[] | undefined;
export type Filter = (read: PropertyReader) => boolean;

/** Makes a function of a parsed rule. Texts are compared without case, and a property that is not known equals null alone. */
export function compileFilter(expression: FilterExpression): Filter {
  switch (expression.kind) {
    case 'and': {
      const parts = expression.parts.map(compileFilter);
      return (read) => parts.every((part) => part(read));
    }
    case 'or': {
      const parts = expression.parts.map(compileFilter);
      return (read) => parts.some((part) => part(read));
    }
    case 'not': {
      const part = compileFilter(expression.part);
      return (read) => !part(read);
    }
    case 'any':
    case 'all': {
      const part = compileFilter(expression.part);
      const { name } = expression.property;
      const { kind } = expression;
      return (read) => {
        const held = read(name);
        const members = Array.isArray(held) ? (held as readonly string[]) : [];
        const holds = (member: string) => part((asked) => (asked === '_' ? member : read(asked)));
        return kind === 'any' ? members.some(holds) : members.every(holds);
      };
    }
    case 'compare': {
      const { operator, property } = expression;
      const positive = positives[operator];
      const fold = (value: FilterValue) => (positive === 'match' ? value : (value?.toLowerCase() ?? null));
      const test = tests[positive](expression.values.map(fold));
      const name = property.name;
      return operator === positive ? (read) => test(read(name)) : (read) => !test(read(name));
    }
  }
}

type PositiveOperator = 'eq' | 'startswith' | 'endswith' | 'contains' | 'in' | 'match';
const positives: Readonly<Record<Operator, PositiveOperator>> = {
  eq: 'eq',
  ne: 'eq',
  startswith: 'startswith',
  notstartswith: 'startswith',
  endswith: 'endswith',
  notendswith: 'endswith',
  contains: 'contains',
  notcontains: 'contains',
  in: 'in',
  notin: 'in',
  match: 'match',
  notmatch: 'match',
};

type Held = ReturnType<PropertyReader>;
type Test = (held: Held) => boolean;

/** A text in lower case; nothing for what is unknown, and for collections. */
const textOf = (held: Held): string | undefined =>
  typeof held === 'string' ? held.toLowerCase() : typeof held === 'boolean' ? String(held) : undefined;

const overText =
  (test: (text: string, value: string) => boolean) =>
  ([value]: readonly FilterValue[]): Test =>
  (held) => {
    const text = textOf(held);
    return text !== undefined && value !== null && value !== undefined && test(text, value);
  };

const tests: Readonly<Record<PositiveOperator, (values: readonly FilterValue[]) => Test>> = {
  eq:
    ([value]) =>
    (held) =>
      value === null ? held === undefined : textOf(held) === value,
  startswith: overText((text, value) => text.startsWith(value)),
  endswith: overText((text, value) => text.endsWith(value)),
  /** Part of a text, but a whole member of a collection. */
  contains: ([value]) => {
    const inText = overText((text, part) => text.includes(part))([value ?? null]);
    return (held) =>
      Array.isArray(held) ? held.some((member: string) => member.toLowerCase() === value) : inText(held);
  },
  match: ([value]) => {
    const pattern = RE2JS.compile(value ?? '', RE2JS.CASE_INSENSITIVE);
    return (held) => typeof held === 'string' && pattern.matcher(held).find();
  },
  in: (values) => {
    const known = new Set(values);
    return (held) => {
      const text = textOf(held);
      return text !== undefined && known.has(text);
    };
  },
};
