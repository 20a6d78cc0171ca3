import { conditionText, type ParameterValues } from './parameters.ts';
import type { WorkbookCondition, WorkbookItem } from './schema.ts';

/** Whether an item shows: all its conditions must hold. A condition without a value compares with nothing chosen. */
export function isVisible(item: WorkbookItem, values: ParameterValues): boolean {
  const conditions = [item.conditionalVisibility, ...(item.conditionalVisibilities ?? [])];
  return conditions.every((condition) => !condition || holds(condition, values));
}

function holds({ parameterName, comparison, value }: WorkbookCondition, values: ParameterValues): boolean {
  const equal =
    conditionText(values.get(parameterName)) === (value === null || value === undefined ? '' : String(value));
  return /not/i.test(comparison) ? !equal : equal;
}
