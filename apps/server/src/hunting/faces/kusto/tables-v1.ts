import type { OpenAnswer, OpenTable } from '../../queries.ts';
import type { PartialFailure } from './failure.ts';
import { noticeOf, rowsOf, tablesOf, type Answering } from './frames.ts';
import { v1Contents, v1Properties, v1Status } from './side-tables.ts';
import { v1Columns, type Table } from './table.ts';

/** Version 1 of the protocol: `{Tables: […]}`. https://learn.microsoft.com/kusto/api/rest/response-http */

const json = JSON.stringify;

const table = (i: number, { columns, rows }: Table): string =>
  json({ TableName: `Table_${i}`, Columns: v1Columns(columns), Rows: rows });

export const commandTables = (answer: Table): string => `{"Tables":[${table(0, answer)}]}`;

/** The tables, behind them properties, status and contents; when rows are missing, `Exceptions` after those that came, and then no more tables. */
export async function* queryTables(answer: OpenAnswer, answering: Answering): AsyncGenerator<string | Buffer> {
  const { ids, properties } = answering;
  const described = [answer, ...answer.further];
  const failures: PartialFailure[] = [];
  const done: OpenTable[] = [];
  yield '{"Tables":[';
  for await (const opened of tablesOf(answer, ids, failures)) {
    const head = { TableName: `Table_${done.length}`, Columns: v1Columns(opened.columns) };
    yield `${done.length > 0 ? ',' : ''}${json(head).slice(0, -1)},"Rows":[`;
    yield* rowsOf(opened, answering, failures);
    done.push(opened);
    if (failures.length > 0 && !properties.deferFailures)
      yield `${opened.rows.count > 0 ? ',' : ''}${json(exceptions(failures))}`;
    yield ']}';
    if (failures.length > 0) break;
  }
  if (failures.length > 0 && !properties.deferFailures) {
    yield `],"Exceptions":${json(exceptions(failures).Exceptions)}}`;
    return;
  }
  const others = [
    v1Properties(described.map(({ visualization }) => visualization)),
    v1Status(done, failures, ids, await noticeOf(answer, failures)),
    v1Contents(done.map(({ name }) => name)),
  ];
  yield others.map((other, i) => `,${table(done.length + i, other)}`).join('');
  yield ']}';
}

const exceptions = (failures: readonly PartialFailure[]) => ({
  Exceptions: failures.map(({ oneApi }) => oneApi.error['@message']),
});

export const failedTables = (failure: PartialFailure): string =>
  json({ Tables: [{ TableName: 'Table_0', Columns: [], Rows: [exceptions([failure])] }], ...exceptions([failure]) });
