import type { AssignmentScope } from '@sallyport/contracts';
import { KqlError, rowCondition, type TableSchema } from '@sallyport/kql';

/** Why a scope can't be saved: a condition on rows that is none, or of a table that is not there. Undefined when nothing is wrong. Wrong ones that stand in the database show nothing. */
export function scopeFault(
  { rows }: Pick<AssignmentScope, 'rows'>,
  tables: readonly TableSchema[],
): { message: string; target: string } | undefined {
  for (const [index, { table: name, where }] of rows.entries()) {
    const at = `rows.${index}`;
    const table = tables.find((one) => one.name === name);
    if (!table) return { message: `there is no table \`${name}\``, target: `${at}.table` };
    try {
      rowCondition(where, table);
    } catch (error) {
      if (!(error instanceof KqlError)) throw error;
      return { message: `\`${name}\`: ${error.message}`, target: `${at}.where` };
    }
  }
  return undefined;
}
