import type { OpenAnswer, OpenTable } from '../../queries.ts';
import { brokeOff, gaveUp, tooLarge, type PartialFailure, type RequestIds } from './failure.ts';
import type { RequestProperties } from './properties.ts';
import { completionInformation, primaryName, queryProperties } from './side-tables.ts';
import { v2Columns, type Table } from './table.ts';

/** Version 2 of the protocol: an array of frames. https://learn.microsoft.com/kusto/api/rest/response-http-v2 */

export interface Answering {
  readonly ids: RequestIds;
  readonly properties: RequestProperties;
}

const json = JSON.stringify;

const frame = (type: string, rest: object): string => json({ FrameType: type, ...rest });

function header({ properties }: Answering): string {
  const { progressive, fragmented, errorPlacement } = properties;
  return `[${frame('DataSetHeader', {
    IsProgressive: progressive,
    Version: 'v2.0',
    ...(progressive ? {} : { IsFragmented: fragmented, ErrorReportingPlacement: errorPlacement }),
  })}`;
}

const dataTable = (id: number, kind: string, name: string, table: Table): string =>
  frame('DataTable', {
    TableId: id,
    TableKind: kind,
    TableName: name,
    Columns: v2Columns(table.columns),
    Rows: table.rows,
  });

function completion(failures: readonly PartialFailure[]): string {
  return frame('DataSetCompletion', {
    HasErrors: failures.length > 0,
    Cancelled: false,
    ...(failures.length > 0 ? { OneApiErrors: failures.map(({ oneApi }) => oneApi) } : {}),
  });
}

/** The frames of a query's answer, in pieces. A query that the engine gave up on while its rows came has its failure said at the end. */
export async function* queryFrames(answer: OpenAnswer, answering: Answering): AsyncGenerator<string | Buffer> {
  const { properties, ids } = answering;
  const visualizations = [answer, ...answer.further].map(({ visualization }) => visualization);
  yield header(answering);
  yield `\n,${dataTable(0, 'QueryProperties', '@ExtendedProperties', queryProperties(visualizations))}`;
  const write = properties.progressive || properties.fragmented ? fragments : wholeTable;
  const failures: PartialFailure[] = [];
  const done: OpenTable[] = [];
  for await (const table of tablesOf(answer, ids, failures)) {
    done.push(table);
    yield* write(done.length, table, answering, failures);
    if (failures.length > 0) break;
  }
  // A failure is said in the data or in the status table, never in both.
  if (failures.length === 0 || properties.deferFailures)
    yield `\n,${completionTable(visualizations.length + 1, completionInformation(done, failures, ids, await noticeOf(answer, failures)))}`;
  yield `\n,${completion(properties.deferFailures ? [] : failures)}]`;
}

/** What an answer that came whole says beside its rows. That it can't be said is no reason to fail it. */
export const noticeOf = ({ leftOut }: OpenAnswer, failures: readonly PartialFailure[]): Promise<string | undefined> =>
  failures.length > 0 ? Promise.resolve(undefined) : leftOut().catch(() => undefined);

const completionTable = (id: number, table: Table): string =>
  dataTable(id, 'QueryCompletionInformation', 'QueryCompletionInformation', table);

/** The tables one after the other; a later one may fail before it has rows. */
export async function* tablesOf(
  answer: OpenAnswer,
  ids: RequestIds,
  failures: PartialFailure[],
): AsyncGenerator<OpenTable> {
  yield answer;
  for (const next of answer.further) {
    try {
      yield await next.open();
    } catch (error) {
      failures.push(failureOf(error, ids));
      return;
    }
  }
}

function failureOf(error: unknown, ids: RequestIds): PartialFailure {
  const failure = gaveUp(error, ids);
  if (!failure) throw error;
  return failure;
}

/** A table's rows, and what ended them when it was not their end. */
export async function* rowsOf({ rows }: OpenTable, { ids, properties }: Answering, failures: PartialFailure[]) {
  try {
    yield* rows;
  } catch (error) {
    failures.push(brokeOff(error, ids));
  }
  // That a caller has the rows that it wanted is no failure.
  const enough = rows.cut?.limit === 'rows' && properties.takeRows === rows.cut.at;
  if (rows.cut && !enough) failures.push(tooLarge(rows.cut, ids));
}

const primaryHead = (id: number, { columns, name }: OpenTable) => ({
  TableId: id,
  TableKind: 'PrimaryResult',
  TableName: name ?? primaryName,
  Columns: v2Columns(columns),
});

const errorsOf = (failures: readonly PartialFailure[]) => ({ OneApiErrors: failures.map(({ oneApi }) => oneApi) });

async function* wholeTable(id: number, table: OpenTable, answering: Answering, failures: PartialFailure[]) {
  const { deferFailures, errorPlacement } = answering.properties;
  yield `\n,${frame('DataTable', primaryHead(id, table)).slice(0, -1)},"Rows":[`;
  yield* rowsOf(table, answering, failures);
  if (failures.length > 0 && !deferFailures && errorPlacement === 'InData')
    yield `${table.rows.count > 0 ? ',' : ''}${json(errorsOf(failures))}`;
  yield ']}';
}

async function* fragments(id: number, table: OpenTable, answering: Answering, failures: PartialFailure[]) {
  const { deferFailures, errorPlacement, progressive } = answering.properties;
  yield `\n,${frame('TableHeader', primaryHead(id, table))}`;
  const type = { TableFragmentType: 'DataAppend', TableId: id, FieldCount: table.columns.length };
  const head = `\n,${frame('TableFragment', type).slice(0, -1)},"Rows":[`;
  let first = true;
  for await (const piece of rowsOf(table, answering, failures)) {
    yield head;
    // Every piece but the first begins with the comma between rows.
    yield first ? piece : piece.subarray(1);
    yield ']}';
    first = false;
  }
  const inTable = failures.length > 0 && !deferFailures && errorPlacement !== 'EndOfDataset' ? failures : [];
  if (progressive) yield `\n,${frame('TableProgress', { TableId: id, TableProgress: 100 })}`;
  if (progressive && inTable.length > 0) yield `${head}${json(errorsOf(inTable))}]}`;
  yield `\n,${frame('TableCompletion', {
    TableId: id,
    RowCount: table.rows.count,
    ...(inTable.length > 0 && !progressive ? errorsOf(inTable) : {}),
  })}`;
}

/** Frames of an answer without rows, for a query that the engine gave up on before it had any. */
export function failedFrames(failure: PartialFailure, answering: Answering): string {
  const { deferFailures } = answering.properties;
  const status = completionInformation([], [failure], answering.ids);
  return [
    header(answering),
    `\n,${dataTable(0, 'QueryProperties', '@ExtendedProperties', queryProperties([undefined]))}`,
    `\n,${dataTable(1, 'PrimaryResult', primaryName, { columns: [], rows: [] })}`,
    deferFailures ? `\n,${completionTable(2, status)}` : '',
    `\n,${completion(deferFailures ? [] : [failure])}]`,
  ].join('');
}

/** Frames of a command's table, for tools that send commands where queries go. */
export const commandFrames = (table: Table, answering: Answering): string =>
  [header(answering), `\n,${dataTable(0, 'PrimaryResult', 'Table_0', table)}`, `\n,${completion([])}]`].join('');
