import { planOnce } from './compile.ts';
import { hasQuery } from './emit/block.ts';
import { emitPredicate } from './emit/expression.ts';
import { fieldsUnder } from './emit/read.ts';
import { KqlError } from './errors.ts';
import { expressionFaults } from './row-level.ts';
import { withStandardColumns } from './standard-columns.ts';
import { everyRewrite, type RowCondition, type TableSchema } from './types.ts';
import { wordsOf } from './words.ts';

const head = 'T\n| where (';

/**
 * A KQL expression over the columns of a table as a condition on each of its rows, which stands beside any query's own. It may call the language's functions, and no stored
 * ones: what these say may change. Throws KqlError with places in `text`: where it is no expression, names what the table lacks, or depends on more than the row and the moment.
 */
export function rowCondition(text: string, given: Pick<TableSchema, 'name' | 'columns'>): RowCondition {
  const [fault] = expressionFaults(text, given.columns);
  if (fault) throw new KqlError('InvalidArgument', fault.message, fault);
  const query = `${head}${text}\n)`;
  // Under a name of its own: the table's may be a word of the language.
  const plain = { version: 'row condition', tables: [{ name: 'T', columns: given.columns }], functions: [] };
  const catalogue = withStandardColumns(plain, query, wordsOf(query, []));
  const [table] = catalogue.tables;
  const predicate = inText(text, () => {
    const rel = planOnce(query, catalogue);
    if (rel.kind !== 'filter' || rel.input.kind !== 'read' || hasQuery(rel.predicate))
      throw new KqlError('InvalidArgument', 'one expression over a row is expected', { start: 0, end: text.length });
    return rel.predicate;
  });
  // `Type` is the table's own name.
  const shown: TableSchema = { ...table!, name: given.name };
  return {
    sql: (alias, { tenantId, lookups, now }) =>
      emitPredicate(predicate, {
        column: fieldsUnder(shown, alias, tenantId),
        query: () => {
          throw new Error('a condition on a row asks another table');
        },
        now,
        lookups,
        zone: undefined,
        rewrites: everyRewrite,
      }),
  };
}

function inText<T>(text: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof KqlError)) throw error;
    const place = (at: number): number => Math.min(text.length, Math.max(0, at - head.length));
    const { start, end } = error.span;
    throw new KqlError(error.code, error.message, { start: place(start), end: place(end) });
  }
}
