import {
  all,
  any,
  not,
  SigmaError,
  type Aggregation,
  type Clause,
  type NumberTest,
  type RuleExpression,
} from './types.ts';

type Expression =
  | { readonly kind: 'and' | 'or'; readonly of: readonly Expression[] }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'several'; readonly quantity: 'all' | number; readonly names: string };

/** Brackets in brackets. */
const depthMax = 100;
const tokensMax = 10_000;

/**
 * A condition over the detections of a rule, with the old aggregation after `|` where there is one. Names are those of `detections`; those that begin
 * with `_` are not among `them`. https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html#condition
 */
export function conditionOf(
  text: string,
  line: number,
  detections: ReadonlyMap<string, Clause>,
): { clause: Clause; aggregation?: Aggregation } {
  const bar = text.indexOf('|');
  const expression = parse(bar < 0 ? text : text.slice(0, bar), line);
  const clause = resolved(expression, detections, line);
  return bar < 0 ? { clause } : { clause, aggregation: aggregationOf(text.slice(bar + 1), line) };
}

/** A condition over rules, of a correlation. */
export function ruleExpressionOf(text: string, line: number): RuleExpression {
  const walk = (expression: Expression): RuleExpression => {
    if (expression.kind === 'name') return { kind: 'rule', name: expression.name };
    if (expression.kind === 'several') throw new SigmaError(line, '`of` has no meaning between rules');
    return expression.kind === 'not'
      ? { kind: 'not', of: walk(expression.of) }
      : { kind: expression.kind, of: expression.of.map(walk) };
  };
  return walk(parse(text, line));
}

function parse(text: string, line: number): Expression {
  const tokens = text.match(/[()]|[^\s()]+/g) ?? [];
  if (tokens.length > tokensMax) throw new SigmaError(line, `a condition of more than ${tokensMax} words`);
  let at = 0;
  const is = (word: string): boolean => tokens[at]?.toLowerCase() === word;
  const fail = (expected: string): SigmaError =>
    new SigmaError(
      line,
      `condition: expected ${expected}, ${tokens[at] === undefined ? 'but it ends' : `not \`${tokens[at]}\``}`,
    );

  const chain = (kind: 'and' | 'or', inner: (depth: number) => Expression, depth: number): Expression => {
    const of = [inner(depth)];
    while (is(kind)) {
      at++;
      of.push(inner(depth));
    }
    return of.length === 1 ? of[0]! : { kind, of };
  };
  const or = (depth: number): Expression => chain('or', and, depth);
  const and = (depth: number): Expression => chain('and', negation, depth);
  const negation = (depth: number): Expression => {
    if (depth > depthMax) throw new SigmaError(line, `condition: more than ${depthMax} brackets inside each other`);
    if (!is('not')) return operand(depth);
    at++;
    return { kind: 'not', of: negation(depth + 1) };
  };
  const operand = (depth: number): Expression => {
    const token = tokens[at];
    if (token === undefined || token === ')' || is('and') || is('or')) throw fail('a detection');
    at++;
    if (token === '(') {
      const inner = or(depth + 1);
      if (tokens[at] !== ')') throw fail('`)`');
      at++;
      return inner;
    }
    if (!is('of')) return { kind: 'name', name: token };
    const word = token.toLowerCase();
    const quantity =
      word === 'all' ? 'all' : word === 'any' ? 1 : /^[1-9]\d{0,3}$/.test(word) ? Number(word) : undefined;
    if (quantity === undefined) throw new SigmaError(line, `condition: \`${token} of\` is no quantity`);
    at++;
    const names = tokens[at];
    if (names === undefined || names === '(' || names === ')') throw fail('names of detections after `of`');
    at++;
    return { kind: 'several', quantity, names };
  };

  const expression = or(0);
  if (at < tokens.length) throw fail('`and`, `or` or the end');
  return expression;
}

function resolved(expression: Expression, detections: ReadonlyMap<string, Clause>, line: number): Clause {
  switch (expression.kind) {
    case 'and':
      return all(expression.of.map((one) => resolved(one, detections, line)));
    case 'or':
      return any(expression.of.map((one) => resolved(one, detections, line)));
    case 'not':
      return not(resolved(expression.of, detections, line));
    case 'name': {
      const clause = detections.get(expression.name);
      if (clause) return clause;
      // A name with a wildcard and no `of` is taken as one of them.
      if (expression.name.includes('*')) return several({ quantity: 1, names: expression.name }, detections, line);
      throw new SigmaError(line, `condition: there is no detection \`${expression.name}\``);
    }
    case 'several':
      return several(expression, detections, line);
  }
}

/** Ways to choose some detections out of others that are written out. */
const choicesMax = 1_000;

function several(
  { quantity, names }: { readonly quantity: 'all' | number; readonly names: string },
  detections: ReadonlyMap<string, Clause>,
  line: number,
): Clause {
  const matches =
    names.toLowerCase() === 'them'
      ? (name: string) => !name.startsWith('_')
      : (name: string) => wildcard(names).test(name);
  const chosen = [...detections].filter(([name]) => matches(name)).map(([, clause]) => clause);
  if (chosen.length === 0) throw new SigmaError(line, `condition: no detection is named \`${names}\``);
  if (quantity === 'all') return all(chosen);
  if (quantity === 1) return any(chosen);
  if (quantity > chosen.length)
    throw new SigmaError(line, `condition: \`${quantity} of ${names}\`, but there are ${chosen.length}`);
  const choices = combinations(chosen, quantity);
  if (choices.length > choicesMax)
    throw new SigmaError(line, `condition: \`${quantity} of ${names}\` has more than ${choicesMax} ways`);
  return any(choices.map(all));
}

function combinations<T>(of: readonly T[], size: number): readonly (readonly T[])[] {
  if (size === 0) return [[]];
  const found: (readonly T[])[] = [];
  for (let at = 0; at + size <= of.length && found.length <= choicesMax; at++)
    for (const rest of combinations(of.slice(at + 1), size - 1)) found.push([of[at]!, ...rest]);
  return found;
}

const wildcard = (names: string): RegExp =>
  new RegExp(`^${names.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`).replaceAll('*', '.*')}$`);

function aggregationOf(text: string, line: number): Aggregation {
  if (/^\s*near\b/i.test(text))
    throw new SigmaError(line, '`near` is no longer part of Sigma: a temporal correlation says it');
  const match =
    /^\s*(count|min|max|avg|sum)\s*\(\s*([^)]*?)\s*\)\s*(?:by\s+([\w.@\-, ]+?)\s*)?(==|<=|>=|=|<|>)\s*(\d+(?:\.\d+)?)\s*$/i.exec(
      text,
    );
  if (!match) throw new SigmaError(line, `condition: \`|${text}\` is no aggregation`);
  const [, name = '', field = '', by = '', operator = '', number = ''] = match;
  return {
    function: name.toLowerCase() as Aggregation['function'],
    field: field === '' ? undefined : field,
    by: by.split(',').flatMap((one) => (one.trim() === '' ? [] : [one.trim()])),
    test: { operator: operator === '=' ? '==' : (operator as NumberTest['operator']), number: Number(number) },
  };
}
