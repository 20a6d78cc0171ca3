import { triggers, type Cell } from '@sallyport/contracts';
import { fingerprintOf, type RuleWindow } from '../run/alerts.ts';
import { ResultTable } from '../run/table.ts';
import { groupRows } from '../run/trigger.ts';
import { uuidOf } from '../run/uuid.ts';
import { idOf, type AnalyticsRule } from '../rules/index.ts';

/** The column that says which exception a row falls under; empty for none. */
export const exceptionColumn = '_ExceptionId';

/** What an exception kept from becoming alerts, in one run. */
export interface LeftOut {
  /** The same when the same rows are found again. */
  readonly id: string;
  readonly exceptionId: string;
  readonly ruleId: string;
  readonly windowTo: Date;
  readonly rows: number;
  /** Alerts that there would have been. */
  readonly alerts: number;
  readonly sample: readonly Readonly<Record<string, string>>[];
}

type Rows = readonly (readonly Cell[])[];

/** The rows without the mark, and those under an exception apart. */
export function sortOut(table: ResultTable): { kept: ResultTable; marked: ReadonlyMap<string, ResultTable> } {
  const mark = table.columns.findIndex(({ name }) => name === exceptionColumn);
  if (mark < 0) return { kept: table, marked: new Map() };
  const columns = table.columns.toSpliced(mark, 1);
  const by = Map.groupBy(table.rows, (row) => String(row[mark] ?? ''));
  const part = (rows: Rows): ResultTable =>
    new ResultTable(
      columns,
      rows.map((row) => row.toSpliced(mark, 1)),
    );
  const marked = [...by].filter(([id]) => id !== '').map(([id, rows]) => [id, part(rows)] as const);
  return { kept: part(by.get('') ?? []), marked: new Map(marked) };
}

/** What is told of the rows of a run that are under exceptions. `alerts`: how many the others raised. */
export function leftOutOf(
  rule: AnalyticsRule,
  window: RuleWindow,
  { kept, marked }: ReturnType<typeof sortOut>,
  alerts: number,
  key = window.to.toISOString(),
): readonly LeftOut[] {
  const raises = (rows: Rows): boolean => !rule.isFlighting && triggers(rule, rows.length);
  const count = (rows: Rows): number => (raises(rows) ? groupRows(rule, rows).length : 0);
  return [...marked].map(([exceptionId, part]): LeftOut => ({
    id: uuidOf(rule.id, exceptionId, key, fingerprintOf(part, part.rows)),
    exceptionId,
    ruleId: idOf(rule),
    windowTo: window.to,
    rows: part.rows.length,
    alerts: Math.max(0, count([...kept.rows, ...part.rows]) - alerts),
    sample: sampleOf(part),
  }));
}

/** What the row of `SentinelHealth` of a run says of it: never without a word. */
export const leftOutProperties = (hits: readonly LeftOut[]): Readonly<Record<string, unknown>> =>
  hits.length === 0
    ? {}
    : {
        RowsLeftOutByExceptions: hits.reduce((sum, hit) => sum + hit.rows, 0),
        AlertsLeftOutByExceptions: hits.reduce((sum, hit) => sum + hit.alerts, 0),
        ExceptionIds: hits.map((hit) => hit.exceptionId),
      };

const sampleRows = 3;
const sampleValue = 200;
const sampleColumns = 30;

/** Some rows as a person looks at them: values as text, cut, without the empty ones. */
export const sampleOf = (table: ResultTable, most = sampleRows): Record<string, string>[] =>
  table.rows.slice(0, most).map((row) =>
    Object.fromEntries(
      table.columns
        .map(({ name }) => [name, table.text(row, name).slice(0, sampleValue)] as const)
        .filter(([, value]) => value !== '')
        .slice(0, sampleColumns),
    ),
  );
