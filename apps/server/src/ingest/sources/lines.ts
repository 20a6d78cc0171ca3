import { soundJson, sqlIdentifier } from '@sallyport/kql';
import { sqlString, type LoadStatement } from '@sallyport/lake';
import { isNoMark } from '../doors/recent-calls.ts';

/**
 * A line in the segment of an import: `<mark><file>\t<record>`. The mark `!` says that the record is broken whatever it looks like, `"` that it has several
 * lines and is written as a JSON string.
 */
export const importMarks = { whole: ' ', broken: '!', lines: '"' } as const;

/**
 * How the lines of a segment were written. `door`: as they are, JSON already checked. `wrapped`: lines of text, each in an object `{"RawData": "…"}`.
 * `import`: each with its file in front (see `importMarks`), unchecked.
 */
export type Framing = 'door' | 'wrapped' | 'import';

/** Most of a refused line that is kept, bytes. */
const refusedBytesKept = 32 * 1024;

const tab = `'\\t'`;

/** The part of a segment that a row is of, and the file's name, out of `_File`: `<part> <name>`, or empty. */
export const partSql = `splitByChar(' ', _File)[1]`;
const nameSql = `substring(_File, position(_File, ' ') + 1)`;

/** A subquery with `RawData`, `_File` and `_Broken` over the lines of a segment. */
export function records(framing: Framing, source: string, json: boolean): string {
  // Only rows that came as JSON have marks between them, and only there no line can look like one.
  if (framing === 'door')
    return `(SELECT RawData, '' AS _File, false AS _Broken FROM ${source}${json ? ` WHERE ${isNoMark}` : ''})`;
  if (framing === 'wrapped')
    return `(SELECT JSONExtractString(_line, 'RawData') AS RawData, '' AS _File, false AS _Broken FROM (SELECT RawData AS _line FROM ${source} WHERE ${isNoMark}))`;
  const record = `substring(_line, position(_line, ${tab}) + 1)`;
  const text = json ? soundJson(sqlIdentifier('_text')).text : '_text';
  return (
    `(SELECT ${text} AS RawData, _File, _Broken FROM (SELECT if(startsWith(_line, ${sqlString(importMarks.lines)}), JSONExtractString(${record}), ${record}) AS _text, substring(_line, 2, position(_line, ${tab}) - 2) AS _File,` +
    ` startsWith(_line, ${sqlString(importMarks.broken)}) AS _Broken FROM (SELECT RawData AS _line FROM ${source})))`
  );
}

export function errorRows(stream: string, operation: 'Parse' | 'Transform', rows: string): string {
  const raw = `toValidUTF8(substring(RawData, 1, ${refusedBytesKept}))`;
  return `SELECT now64(7, 'UTC'), ${sqlString(stream)}, ${sqlString(operation)}, ${raw}, ${nameSql}, ${partSql} AS _part FROM ${rows}`;
}

const errorColumns = ['TimeGenerated', 'InputStreamId', 'OperationName', 'Message', 'CorrelationId'] as const;

export const errorStatement = (select: (source: string) => string): LoadStatement => ({
  table: 'DCRLogErrors',
  columns: errorColumns,
  select,
  parted: true,
});

/** Keeps every line of a segment as refused: what cannot be stored any other way. */
export const refuseAll = (
  stream: string,
  framing: Framing,
  operation: 'Parse' | 'Transform',
  json: boolean,
): LoadStatement => errorStatement((source) => errorRows(stream, operation, records(framing, source, json)));
