import { SallyportError } from '@sallyport/contracts';
import { compile, KqlError, sqlIdentifier } from '@sallyport/kql';
import { lookupNames, type TableDefinition } from '@sallyport/lake';

const placeholder = sqlIdentifier('rows of the table');
const head = 'source\n| project _Condition = (';
const shape = /^SELECT (.*) AS `_Condition` FROM `rows of the table` AS `(__t\d+)`$/s;

/** Whether compiled SQL over `rows` looks at each row by itself, keeps them all, and reads nothing else. */
export const isRowByRow = (compiledSql: string, rows: string): boolean =>
  compiledSql.split(rows).length === 2 &&
  /^ AS `__t\d+`$/.test(compiledSql.slice(compiledSql.indexOf(rows) + rows.length));

/**
 * A KQL condition on one row of a table, as SQL over the table's columns, for the engine's own rules: a hold, a purge. `now()` and `ago()` are fixed at
 * `now`. Throws SallyportError BadRequest naming the place in the condition, also for one that looks at more than its row.
 */
export function conditionSql(text: string, table: TableDefinition, now: Date, target: string): string {
  const bad = (message: string): SallyportError => new SallyportError('BadRequest', message, { target });
  const catalogue = {
    version: `condition ${table.name} ${JSON.stringify(table.columns)}`,
    tables: [{ name: 'source', columns: table.columns }],
    functions: [],
  };
  let compiled;
  try {
    compiled = compile(`${head}${text}\n)`, catalogue, {
      now,
      output: 'engine',
      source: () => placeholder,
      lookups: lookupNames,
      // A name of WITH has no place in a rule of the engine.
      rewrites: { sharePaths: false },
    });
  } catch (error) {
    if (!(error instanceof KqlError)) throw error;
    const [from, to] = [error.span.start - head.length, error.span.end - head.length];
    throw bad(`${error.message} (${error.code}, ${from}..${to}, table \`${table.name}\`)`);
  }
  if (compiled.columns.length !== 1 || compiled.columns[0]?.type !== 'bool') throw bad('is not a condition');
  const [, expression, alias = ''] = shape.exec(compiled.sql) ?? [];
  if (expression === undefined || !isRowByRow(compiled.sql, placeholder.text) || text.includes(alias))
    throw bad('must look at one row alone, and not name parts of it: no subquery, no `let`');
  return expression.replaceAll(`\`${alias}\`.`, '');
}
