import { SallyportError } from '@sallyport/contracts';
import {
  sqlIdentifier,
  sqlInteger,
  sqlJoin,
  sqlString,
  sql,
  type ExternalDataRequest,
  type ExternalRequest,
  type Sql,
} from '@sallyport/kql';
import { parse } from 'csv-parse/sync';

/** Most rows of one table. */
const rowsMax = 100_000;

const bad = (message: string): SallyportError => new SallyportError('InvalidQuery', `externaldata: ${message}`);

const separators: Readonly<Record<string, string>> = {
  csv: ',',
  tsv: '\t',
  tsve: '\t',
  psv: '|',
  scsv: ';',
  sohsv: '\u0001',
};

/** The format that the query says, or the address's ending: https://learn.microsoft.com/kusto/query/externaldata-operator */
function formatOf({ format, addresses }: ExternalDataRequest): string {
  if (format !== undefined) return format;
  const ending = /\.([a-z]+)(?:\.gz)?(?:[?;]|$)/i.exec(addresses[0] ?? '')?.[1]?.toLowerCase();
  return ending === undefined ? 'csv' : ending;
}

const cellText = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);

function separated(text: string, delimiter: string, skipFirst: boolean): string[][] {
  try {
    return parse(text, {
      delimiter,
      bom: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      from: skipFirst ? 2 : 1,
      to: rowsMax + (skipFirst ? 2 : 1),
    });
  } catch (error) {
    throw bad(`the text is not separated as said: ${error instanceof Error ? error.message.slice(0, 200) : ''}`);
  }
}

function objects(text: string): unknown[] {
  const whole = ((): unknown => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return undefined;
    }
  })();
  if (Array.isArray(whole)) return whole;
  if (whole !== undefined) return [whole];
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line, i) => {
      try {
        return JSON.parse(line) as unknown;
      } catch {
        throw bad(`line ${i + 1} is not JSON`);
      }
    });
}

/** Cells as text, in the order of the query's columns. Throws SallyportError InvalidQuery. */
export function rowsOfText(text: string, request: ExternalDataRequest): string[][] {
  const format = formatOf(request);
  const skipFirst = /^true$/i.test(request.properties['ignorefirstrecord'] ?? '');
  const names = request.columns.map((c) => c.name);
  const delimiter = separators[format];
  const rows =
    delimiter !== undefined
      ? separated(text, delimiter, skipFirst).map((row) => names.map((_, i) => row[i] ?? ''))
      : format === 'txt' || format === 'raw'
        ? (format === 'raw' ? [text] : text.split(/\r?\n/).filter((line, i, all) => line !== '' || i < all.length - 1))
            .slice(skipFirst ? 1 : 0)
            .map((line) => names.map((_, i) => (i === 0 ? line : '')))
        : format === 'json' || format === 'multijson' || format === 'jsonl'
          ? objects(text).map((row) =>
              names.map((name) =>
                cellText(typeof row === 'object' && row !== null ? Reflect.get(row, name) : undefined),
              ),
            )
          : undefined;
  if (!rows)
    throw bad(`the format ${format} is not read here: csv, tsv, psv, scsv, sohsv, txt, raw, json and multijson are`);
  if (rows.length > rowsMax) throw bad(`more than ${rowsMax} rows: bring such data in with a source`);
  return rows;
}

const converted = (column: ExternalRequest['columns'][number], cell: Sql): Sql => {
  switch (column.type) {
    case 'string':
      return cell;
    case 'dynamic':
      return sql`multiIf(${cell} = '', '', isValidJSON(${cell}), ${cell}, toJSONString(${cell}))`;
    case 'bool':
      return sql`multiIf(lower(${cell}) IN ('true', '1'), true, lower(${cell}) IN ('false', '0'), false, NULL)`;
    case 'int':
      return sql`toInt32OrNull(${cell})`;
    case 'long':
      return sql`toInt64OrNull(${cell})`;
    case 'real':
      return sql`toFloat64OrNull(${cell})`;
    case 'decimal':
      return sql`toDecimal128OrNull(${cell}, 18)`;
    case 'guid':
      return sql`toUUIDOrNull(${cell})`;
    case 'datetime':
      return sql`parseDateTime64BestEffortOrNull(${cell}, 7, 'UTC')`;
    case 'timespan':
      throw bad('a column cannot be a timespan here: declare it as string and convert it with totimespan()');
  }
};

/** A table expression of the rows, in the columns' engine types. One literal: the engine's own readers of text are closed to queries. */
export function tableOf(rows: readonly (readonly string[])[], { columns }: ExternalRequest): Sql {
  const row = sqlIdentifier('$row');
  const items = columns.map(
    (c, i) => sql`${converted(c, sql`${row}[${sqlInteger(i + 1)}]`)} AS ${sqlIdentifier(c.name)}`,
  );
  const all = sql`JSONExtract(${sqlString(JSON.stringify(rows))}, 'Array(Array(String))')`;
  return sql`(SELECT ${sqlJoin(items)} FROM (SELECT arrayJoin(${all}) AS ${row}))`;
}
