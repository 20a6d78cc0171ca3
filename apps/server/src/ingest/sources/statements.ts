import { sqlIdentifier, type Compiled, type CompileOptions, type KqlCatalogue, type KqlType } from '@sallyport/kql';
import {
  engineType,
  lookupNames,
  type LookupNames,
  sqlName,
  sqlString,
  type Column,
  type LoadLimits,
  type LoadStatement,
  type SharedRows,
  type TableDefinition,
} from '@sallyport/lake';
import { isNoMark } from '../doors/recent-calls.ts';
import { jsonColumns } from './columns.ts';
import { described, faultsOf, TransformError, type TransformFault } from './faults.ts';
import { errorRows, errorStatement, partSql, records, refuseAll, type Framing } from './lines.ts';
import type { SourceStream } from './load.ts';
import { possibleTimes, type Cell } from './times.ts';

export type Compile = (text: string, catalogue: KqlCatalogue, options: CompileOptions) => Compiled;

/** Set by the lake or without meaning here: a sender does not write them. */
const notForSenders = new Set(['TenantId', 'Type', '_BilledSize', '_IsBillable', '_SubscriptionId']);

/** Of a stream that nothing can be made of. */
export function refusingStream(
  stream: string,
  framing: Framing,
  operation: 'Parse' | 'Transform',
  json: boolean,
): StreamStatements {
  const all = refuseAll(stream, framing, operation, json);
  return { loads: [all], failed: all };
}

/** What is replayed or uploaded keeps its times; a live sender's must be possible. */
const framed = (cells: readonly Cell[], framing: Framing): readonly Cell[] =>
  framing === 'import' ? cells : possibleTimes(cells);

const isObject = `isValidJSON(RawData) AND JSONType(RawData) = 'Object'`;

/** Statements of a table's own stream: columns by name, TimeGenerated is the time of arrival where it is missing. */
export function tableStatements(stream: string, table: TableDefinition, framing: Framing): StreamStatements {
  const columns = table.columns.filter((c) => !notForSenders.has(c.name));
  const hasTimestamp = columns.some((c) => c.name === 'Timestamp' && c.type === 'datetime');
  const time = hasTimestamp ? 'coalesce(TimeGenerated, Timestamp, ' : 'coalesce(TimeGenerated, ';
  const value = (name: string): string => {
    if (name === 'TimeGenerated' || (name === 'Timestamp' && hasTimestamp)) {
      const own = name === 'Timestamp' ? 'coalesce(Timestamp, TimeGenerated, ' : time;
      return `${own}now64(7, 'UTC'))`;
    }
    return sqlName(name);
  };
  const cells = framed(
    columns.map((c) => ({ name: c.name, sql: value(c.name) })),
    framing,
  );
  const values = cells.map((c) => c.sql).join(', ');
  const lines = (source: string): string =>
    `(SELECT RawData, _File FROM ${records(framing, source, true)} WHERE NOT _Broken AND ${isObject})`;
  const rows: LoadStatement = {
    table: table.name,
    columns: cells.map((c) => c.name),
    ...(framing === 'import'
      ? {
          parted: true,
          select: (source) =>
            `SELECT ${values}, ${partSql} AS _part FROM ${jsonColumns(columns, lines(source), ['_File'])}`,
        }
      : {
          select: (source) =>
            `SELECT ${values} FROM ${jsonColumns(columns, `(SELECT RawData FROM ${source} WHERE ${isNoMark})`)}`,
        }),
  };
  const failed = refuseAll(stream, framing, 'Transform', true);
  if (framing !== 'import') return { loads: [rows], failed };
  const refused = errorStatement((source) => {
    const refused = `(SELECT * FROM ${records(framing, source, true)} WHERE _Broken OR NOT (${isObject}))`;
    return errorRows(stream, 'Parse', refused);
  });
  return { loads: [rows, refused], failed };
}

/** What a transform sees as `source`. */
export const sourceColumns = (stream: Pick<SourceStream, 'columns' | 'format'>): readonly Column[] =>
  stream.columns ?? [{ name: 'RawData', type: stream.format === 'jsonObjects' ? 'dynamic' : 'string' }];

/** Which file a row is of; empty at a door. */
const fileColumn = { name: '_File', type: 'string' } as const satisfies Column;

/** Carried beside them through `accept`. */
const helperColumns = [
  { name: '_Raw', type: 'string' },
  fileColumn,
  { name: '_Valid', type: 'bool' },
] as const satisfies readonly Column[];

/** A subquery of the source's columns and the helpers over the lines of a segment. */
function sourceRows(stream: SourceStream, framing: Framing, source: string): string {
  const json = stream.format !== 'lines';
  const lines = records(framing, source, json);
  // The door has checked that rows are JSON objects; lines of other formats are what they are.
  const valid = json && framing === 'import' ? `NOT _Broken AND ${isObject}` : 'NOT _Broken';
  const judged = `(SELECT RawData AS _Raw, _File, ${valid} AS _Valid FROM ${lines})`;
  const raw = `(SELECT if(_Valid, _Raw, '') AS RawData, _Raw, _File, _Valid FROM ${judged})`;
  if (stream.columns === undefined) return raw;
  return jsonColumns(
    stream.columns,
    raw,
    helperColumns.map((c) => c.name),
  );
}

/** The same without helpers, for lines that are known to be good. */
function plainRows(stream: SourceStream, framing: Framing, source: string): string {
  const lines = records(framing, source, stream.format !== 'lines');
  return stream.columns === undefined
    ? `(SELECT RawData, _File FROM ${lines})`
    : jsonColumns(stream.columns, lines, [fileColumn.name]);
}

/** Stands in compiled SQL where the rows of `source` go. */
const placeholder = sqlIdentifier('rows of the segment');
const filled = (compiledSql: string, rows: string): string => compiledSql.replaceAll(placeholder.text, () => rows);

interface Accept {
  /** SELECT of the source's columns, helpers and `_Accepted`; the placeholder in place of its rows. */
  readonly sql: string;
}

/** What makes the rows that flows see out of those that came. */
interface Prepare {
  /** SELECT of `columns`; the placeholder in place of the rows that came. */
  readonly sql: string;
  readonly columns: readonly Column[];
}

interface Flow {
  readonly table: string;
  readonly cells: readonly Cell[];
  /** What the cells are read from; the placeholder in place of the accepted rows. */
  readonly sql: string;
  /** It has `_File` too. */
  readonly parted: boolean;
}

function streamStatements(
  stream: SourceStream,
  accept: Accept,
  { flows, prepare }: { readonly flows: readonly Flow[]; readonly prepare: Prepare | undefined },
  framing: Framing,
): StreamStatements {
  const decided = (source: string): string => filled(accept.sql, sourceRows(stream, framing, source));
  const names = cameColumns(stream).map((c) => sqlName(c.name));
  const flowsOver = (rows: (source: string) => string, over?: SharedRows): LoadStatement[] =>
    flows.map((flow) => {
      const cells = framed(flow.cells, framing);
      const values = [...cells.map((c) => c.sql), ...(flow.parted ? [`${partSql} AS _part`] : [])].join(', ');
      return {
        table: flow.table,
        columns: cells.map((c) => c.name),
        parted: flow.parted,
        select: (source) => `SELECT ${values} FROM (${filled(flow.sql, over ? source : rows(source))})`,
        ...(over ? { over } : {}),
      };
    });
  /** What was prepared is made once for all flows. */
  const flowsOf = (rows: (source: string) => string): LoadStatement[] =>
    flowsOver(rows, prepare && { columns: prepare.columns, select: (source) => filled(prepare.sql, rows(source)) });
  const acceptedRows = (source: string): string =>
    `(SELECT ${names.join(', ')} FROM (${decided(source)}) WHERE ${accepted})`;
  const kept = (operation: 'Parse' | 'Transform', where: string): LoadStatement =>
    errorStatement((source) =>
      errorRows(stream.name, operation, `(SELECT _Raw AS RawData, _File FROM (${decided(source)}) WHERE ${where})`),
    );
  return {
    loads: [...flowsOf(acceptedRows), kept('Parse', `NOT (${accepted})`)],
    flowsWhenNoneRefused: flowsOf((source) => plainRows(stream, framing, source)),
    failed: kept('Transform', accepted),
  };
}

const accepted = '_Valid AND ifNull(_Accepted, false)';

const numeric = new Set<KqlType>(['int', 'long', 'real', 'decimal']);

function cellSql(column: Column, wanted: KqlType, table: string): string {
  const name = sqlName(column.name);
  if (column.type === wanted) return name;
  if (numeric.has(column.type) && numeric.has(wanted))
    return `accurateCastOrNull(${name}, ${sqlString(engineType(wanted).replace(/^Nullable\((.*)\)$/, '$1'))})`;
  // A dynamic may be given as any scalar; text columns take no dynamic, since its quotes would show.
  if (wanted === 'dynamic' && column.type === 'string')
    return `multiIf(${name} = '', '', isValidJSON(${name}), ${name}, toJSONString(${name}))`;
  throw new TransformError(
    `column ${column.name} of ${table} is ${wanted}, and the transform gives ${column.type}`,
    column.name,
  );
}

export interface StreamCompiler {
  readonly compile: Compile;
  readonly table: (name: string) => TableDefinition | undefined;
  /** What `now()` answers in a transform: the time of compiling. Leave TimeGenerated out to get the time of arrival. */
  readonly now: () => Date;
  /** The time zone of times that say none: an IANA name. Default: UTC. */
  readonly zone?: string | undefined;
  /** Default: what the workspace has under its own names. */
  readonly lookups?: LookupNames | undefined;
}

export interface StreamStatements {
  /** One for each flow, and one for the lines that are refused. */
  readonly loads: readonly LoadStatement[];
  /** The flows alone, for a segment in which no line was refused: without asking `accept` of every line again for every flow. */
  readonly flowsWhenNoneRefused?: readonly LoadStatement[];
  /** Keeps the accepted lines as refused, for when a flow's statement fails in the engine. */
  readonly failed: LoadStatement;
  /** Tables whose rows may not be stored by two segments at once: their statements look at what is stored. */
  readonly alone?: readonly string[];
  /** Of streams that people made: what each statement may take, and what keeps every line as refused when one was over that. */
  readonly bounded?: { readonly limits: LoadLimits; readonly refused: LoadStatement };
}

export interface StreamProblem {
  readonly file: string | undefined;
  readonly message: string;
  readonly faults: readonly TransformFault[];
}

export interface CompiledStream {
  readonly stream: string;
  statements(framing: Framing): StreamStatements;
  /** Faults of single flows, which are left out; of `accept` where there is no file. */
  readonly problems: readonly StreamProblem[];
  readonly tables: readonly string[];
  /** What flows see as `source`: what came, or what was prepared of it. */
  readonly flowColumns: readonly Column[];
}

const catalogueOf = (columns: readonly Column[]): KqlCatalogue => ({
  version: `source ${JSON.stringify(columns.map((c) => [c.name, c.type]))}`,
  tables: [{ name: 'source', columns }],
  functions: [],
});

const acceptHead = 'source\n| extend _Accepted = (';

function compileAccept(stream: SourceStream, compiler: StreamCompiler): Accept {
  const catalogue = catalogueOf([...sourceColumns(stream), ...helperColumns]);
  const text = `${acceptHead}${stream.accept}\n)`;
  const compiled = compiler.compile(text, catalogue, optionsOf(compiler));
  if (compiled.columns.at(-1)?.type !== 'bool') throw new TransformError('accept does not give a bool');
  return { sql: compiled.sql };
}

const optionsOf = ({ now, zone, lookups = lookupNames }: StreamCompiler): CompileOptions => ({
  output: 'engine',
  source: () => placeholder,
  lookups,
  now: now(),
  ...(zone === undefined ? {} : { zone }),
});

/** What the rows have that came, before they are prepared. */
const cameColumns = (stream: SourceStream): readonly Column[] => [...sourceColumns(stream), fileColumn];

function compilePrepare(stream: SourceStream, transform: string, compiler: StreamCompiler): Prepare {
  const compiled = compiler.compile(transform, catalogueOf(cameColumns(stream)), optionsOf(compiler));
  if (!compiled.columns.some((c) => c.name === fileColumn.name))
    throw new TransformError('prepare must not project: it drops the file of a row');
  return { sql: compiled.sql, columns: compiled.columns };
}

function compileFlow(columns: readonly Column[], flow: SourceStream['flows'][number], compiler: StreamCompiler): Flow {
  const table = compiler.table(flow.table);
  if (table === undefined) throw new TransformError(`there is no table ${flow.table}`);
  const compiled = compileCarrying(flow.transform, catalogueOf(columns), compiler);
  const carried = compiled.columns.some((c) => c.name === fileColumn.name);
  const given = compiled.columns.filter((c) => c.name !== fileColumn.name);
  const cells = given.map((column) => {
    const target = table.columns.find((c) => c.name === column.name);
    if (target === undefined) throw new TransformError(`${flow.table} has no column ${column.name}`, column.name);
    return { name: column.name, sql: cellSql(column, target.type, flow.table) };
  });
  return { table: flow.table, cells, sql: compiled.sql, parted: carried };
}

/**
 * Compiles a transform so that `_File` passes through its `project` operators: it gives at most one row for each of its input, so a row's file
 * is well defined. Where that does not compile (`_File` was dropped before), its rows don't tell their file.
 */
function compileCarrying(transform: string, catalogue: KqlCatalogue, compiler: StreamCompiler): Compiled {
  const options = optionsOf(compiler);
  const carrying = transform.replaceAll(/\|(\s*)project(\s)/g, `|$1project ${fileColumn.name},$2`);
  try {
    return compiler.compile(carrying, catalogue, options);
  } catch {
    return compiler.compile(transform, catalogue, options);
  }
}

/**
 * Compiles the `accept` expression and the flows of a source's stream. A flow that does not compile is left out and told in `problems`; when
 * `accept` does not, every line is refused as `Transform`.
 */
export function compileStream(stream: SourceStream, compiler: StreamCompiler): CompiledStream {
  const problems: StreamProblem[] = [];
  const attempt = <T>(file: string | undefined, text: string, work: () => T): T | undefined => {
    try {
      return work();
    } catch (error) {
      const faults = faultsOf(error, file === undefined ? acceptHead.length : 0, text);
      problems.push({ file, message: file === undefined ? `accept: ${described(faults)}` : described(faults), faults });
      return undefined;
    }
  };
  const accept = attempt(undefined, stream.accept, () => compileAccept(stream, compiler));
  const { prepared: text } = stream;
  const prepare = text && attempt(text.file, text.transform, () => compilePrepare(stream, text.transform, compiler));
  // Flows can't be compiled without what prepares their rows; every line is then refused.
  const columns = text === undefined ? cameColumns(stream) : prepare?.columns;
  const flows = (columns === undefined ? [] : stream.flows)
    .map((flow) => attempt(flow.file, flow.transform, () => compileFlow(columns ?? [], flow, compiler)))
    .filter((flow) => flow !== undefined);
  return {
    stream: stream.name,
    problems,
    tables: flows.map((f) => f.table),
    flowColumns: (columns ?? sourceColumns(stream)).filter((c) => c.name !== fileColumn.name),
    statements: (framing) =>
      // Without a flow, accepted lines would be lost from sight.
      accept === undefined || flows.length === 0
        ? refusingStream(stream.name, framing, 'Transform', stream.format !== 'lines')
        : streamStatements(stream, accept, { flows, prepare }, framing),
  };
}
