import { z } from 'zod';
import {
  conditionText,
  fillText,
  parametersIn,
  textValue,
  type ParameterValue,
  type ParameterValues,
} from './parameters.ts';
import type { ParameterDefinition } from './schema.ts';

const text = z.union([z.string(), z.number(), z.boolean()]).nullish();
const Criterion = z.looseObject({
  criteriaContext: z.looseObject({
    leftOperand: text,
    operator: z.string(),
    rightValType: text,
    rightVal: text,
    resultValType: text,
    resultVal: text,
  }),
});
type Context = z.infer<typeof Criterion>['criteriaContext'];

/**
 * What a parameter is by its criteria: the result of the first that holds. Undefined: it has none, or none holds.
 * https://learn.microsoft.com/azure/azure-monitor/visualize/workbooks-criteria; results that are sums (`expression`) are not worked out: they are empty.
 */
export function criteriaValue(definition: ParameterDefinition, values: ParameterValues): ParameterValue | undefined {
  const criteria = (definition.criteriaData ?? []).flatMap((one) => Criterion.safeParse(one).data ?? []);
  const met = criteria.find(({ criteriaContext }) => holds(criteriaContext, values));
  return met && resultOf(met.criteriaContext, values);
}

const written = (value: Context['rightVal']): string => (value === null || value === undefined ? '' : String(value));

function holds({ leftOperand, operator, rightValType, rightVal }: Context, values: ParameterValues): boolean {
  const left = conditionText(values.get(written(leftOperand)));
  const right = rightValType === 'param' ? conditionText(values.get(written(rightVal))) : written(rightVal);
  const not = /^(?:!|not|isnot|does ?not|is not)/i.test(operator);
  switch (operator.toLowerCase().replaceAll(/^(?:!(?!=)|not |does ?not ?|is ?(?:not ?)?)|\s+/g, '')) {
    case 'default':
      return true;
    case '==':
    case '=':
    case 'equal':
    case 'equalto':
      return (left === right) !== not;
    case '!=':
      return left !== right;
    case '>':
      return Number(left) > Number(right);
    case '>=':
      return Number(left) >= Number(right);
    case '<':
      return Number(left) < Number(right);
    case '<=':
      return Number(left) <= Number(right);
    case 'contain':
    case 'contains':
      return left.toLowerCase().includes(right.toLowerCase()) !== not;
    case 'startswith':
      return left.toLowerCase().startsWith(right.toLowerCase()) !== not;
    case 'endswith':
      return left.toLowerCase().endsWith(right.toLowerCase()) !== not;
    case 'empty':
      return (left === '') !== not;
    default:
      return false;
  }
}

function resultOf({ resultVal, resultValType }: Context, values: ParameterValues): ParameterValue {
  const result = written(resultVal);
  if (resultValType === 'param') return values.get(result) ?? textValue('', true);
  if (resultValType === 'expression') return textValue('', true);
  // What the author wrote may stand in a query; what a parameter gave is data.
  return parametersIn(result).length === 0 ? textValue(result, true) : textValue(fillText(result, values));
}
