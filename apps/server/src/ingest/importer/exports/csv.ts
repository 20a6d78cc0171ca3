import { parse } from 'csv-parse/sync';
import { z } from 'zod';
import { recordBytesMax, type RecordSink, type Splitter } from '../splitter.ts';

/** How the rows of a CSV file are read: its delimiter, and the names of its columns. */
export interface CsvForm {
  readonly delimiter: ',' | ';' | '\t';
  readonly names: readonly string[];
  /** The first row is a record, and the names are made up. */
  readonly headless?: boolean;
}

const delimiters = [',', ';', '\t'] as const;
/** A name that a person or program would give a column; `TimeGenerated [UTC]` and `Source IP` are such. */
const columnName = /^[A-Za-z_@#][\w .:@#()[\]/-]{0,119}$/;
/** Rows looked at, and how many of them must have as many cells as the header. */
const sampleRows = 50;
const shareMin = 0.8;

const ParsedRows = z.array(z.object({ raw: z.string(), record: z.array(z.string()) }));
type ParsedRow = z.infer<typeof ParsedRows>[number];

const rowsOf = (text: string, delimiter: CsvForm['delimiter']): ParsedRow[] =>
  ParsedRows.parse(
    parse(text, { delimiter, relax_quotes: true, relax_column_count: true, skip_empty_lines: true, raw: true }),
  );

function rowsIn(text: string, delimiter: CsvForm['delimiter']): ParsedRow[] | undefined {
  try {
    return rowsOf(text, delimiter);
  } catch {
    return undefined;
  }
}

/** The first rows; none where they are no CSV. A last one that is cut off counts where the text ends with it. */
function headOf(text: string, delimiter: CsvForm['delimiter'], complete: boolean): ParsedRow[] {
  const bytes = Buffer.from(text);
  const ends: number[] = [];
  for (const end of csvBoundaries(delimiter).scan(bytes, 0)) if (ends.push(end) > sampleRows) break;
  const parsed = (end: number): ParsedRow[] => rowsIn(bytes.toString('utf8', 0, end), delimiter) ?? [];
  const whole = complete && ends.length <= sampleRows ? parsed(bytes.length) : [];
  return whole.length > 0 ? whole : parsed(ends.at(-1) ?? 0);
}

/**
 * Whether a text, or the beginning of one, is CSV below a row of names; and how to read it. At least two columns, distinct names, and rows as long as the header: text
 * with commas in it is none.
 */
export function csvFormOf(text: string, complete: boolean): CsvForm | undefined {
  for (const delimiter of delimiters) {
    if (!text.slice(0, recordBytesMax).includes(delimiter)) continue;
    const [header, ...rows] = headOf(text, delimiter, complete);
    const cells = header?.record.map((cell) => cell.trim()) ?? [];
    const named = cells.findLastIndex((cell) => cell !== '') + 1;
    // Spreadsheets write the columns that a sheet once had, without names.
    const names = cells.map((cell, i) => (i < named ? cell : `Column${i + 1}`));
    if (named < 2 || rows.length === 0) continue;
    if (!names.every((name) => columnName.test(name)) || new Set(names).size < names.length) continue;
    const whole = rows.filter(({ record }) => record.length === names.length).length;
    if (whole >= rows.length * shareMin) return { delimiter, names };
  }
  return undefined;
}

/** What names a single column: a word or two, where the cells below are no such words. */
const soleName = /^[A-Za-z_][\w ]{0,59}$/;

/**
 * How a text is read of which only its file's name says that it is CSV: lists of one column, and rows of equally many cells without names above. Undefined where rows
 * are of different lengths. Columns without names are `Column1`, `Column2`…
 */
export function csvListOf(text: string, complete: boolean): CsvForm | undefined {
  for (const delimiter of delimiters) {
    if (delimiter !== ',' && !text.slice(0, recordBytesMax).includes(delimiter)) continue;
    const rows = headOf(text, delimiter, complete).map(({ record }) => record.map((cell) => cell.trim()));
    const [first, ...others] = rows;
    if (first === undefined || rows.filter((row) => row.length === first.length).length < rows.length * shareMin)
      continue;
    const [sole = ''] = first;
    if (first.length === 1 && soleName.test(sole) && others.some(([cell = '']) => !soleName.test(cell)))
      return { delimiter, names: first };
    return { delimiter, names: first.map((_, i) => `Column${i + 1}`), headless: true };
  }
  return undefined;
}

const [quote, newline, carriageReturn] = [0x22, 0x0a, 0x0d] as const;

/** Finds where records end: newlines outside of quotes, where a quote opens at the beginning of a cell only (RFC 4180). */
function csvBoundaries(delimiter: CsvForm['delimiter']) {
  const separator = delimiter.charCodeAt(0);
  let state: 'begin' | 'plain' | 'quoted' | 'closing' = 'begin';
  const next = (byte: number): typeof state => {
    if (state === 'quoted') return byte === quote ? 'closing' : 'quoted';
    if (byte === separator || byte === newline) return 'begin';
    if (state === 'closing') return byte === carriageReturn ? 'closing' : byte === quote ? 'quoted' : 'plain';
    return state === 'begin' && byte === quote ? 'quoted' : 'plain';
  };
  return {
    /** Offsets after each record's newline, from `start` on. */
    *scan(bytes: Uint8Array, start: number): Generator<number> {
      for (let at = start; at < bytes.length; at++) {
        const byte = bytes[at] as number;
        state = next(byte);
        if (byte === newline && state === 'begin') yield at + 1;
      }
    },
  };
}

/** The row as a JSON object, empty cells left out; undefined when it has more cells than there are names. */
function objectOf({ names }: CsvForm, cells: readonly string[]): string | undefined {
  if (cells.slice(names.length).some((cell) => cell !== '')) return undefined;
  return JSON.stringify(Object.fromEntries(names.flatMap((name, i) => (cells[i] ? [[name, cells[i]]] : []))));
}

/**
 * Rows of CSV, each as a JSON object of texts by the columns' names; the header is no record, nor is a row of empty cells. A row with more cells than names, or one that is no CSV, is a
 * broken record of its text. A quote that never closes breaks the lines of a megabyte, and not the rest of the file.
 */
export function csvSplitter(form: CsvForm): (sink: RecordSink) => Splitter {
  return (sink) => {
    let pending = Buffer.alloc(0);
    let boundaries = csvBoundaries(form.delimiter);
    let isHeader = form.headless !== true;

    const broken = (text: string): void => {
      const line = text.replaceAll(/[\r\n]+/g, ' ').trim();
      if (line !== '') sink(Buffer.from(line), true);
    };
    const give = ({ raw, record }: ParsedRow): void => {
      const object = objectOf(form, record);
      if (isHeader) isHeader = false;
      else if (object === undefined) broken(raw);
      else if (object !== '{}') sink(Buffer.from(object), false);
    };
    /** `records`: texts of one record each. All at once, and one by one only where the parser does not take them. */
    const giveAll = (records: readonly string[]): void => {
      const rows = rowsIn(records.join(''), form.delimiter);
      if (rows !== undefined) for (const row of rows) give(row);
      else if (records.length === 1) broken(records.join(''));
      else for (const record of records) giveAll([record]);
    };

    return {
      push(chunk) {
        const from = pending.length;
        pending = Buffer.concat([pending, chunk]);
        let end = 0;
        const records: string[] = [];
        for (const boundary of boundaries.scan(pending, from)) {
          records.push(pending.toString('utf8', end, boundary));
          end = boundary;
        }
        if (records.length > 0) giveAll(records);
        pending = pending.subarray(end);
        if (pending.length <= recordBytesMax) return;
        const cut = pending.lastIndexOf(newline) + 1 || pending.length;
        for (const line of pending.toString('utf8', 0, cut).split('\n')) broken(line);
        pending = pending.subarray(cut);
        boundaries = csvBoundaries(form.delimiter);
        // Brings the state to the end of what is left, which holds no newline.
        for (const _ of boundaries.scan(pending, 0));
      },
      end() {
        giveAll([pending.toString()]);
        pending = Buffer.alloc(0);
      },
    };
  };
}
