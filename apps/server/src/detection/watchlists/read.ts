import { Readable } from 'node:stream';
import { SallyportError, WatchlistColumn, watchlistLimits, type WatchlistFormat } from '@sallyport/contracts';
import { parse, type CsvError } from 'csv-parse';
import { z } from 'zod';

export interface ReadOptions {
  /** Default: by what the first line looks like. */
  readonly format?: WatchlistFormat | undefined;
  /** Lines before the header. */
  readonly skipLines: number;
}

/** An item, or a line that is none. Lines count from 1 in the whole file. */
export type ReadLine =
  | { readonly line: number; readonly values: readonly string[]; readonly item: string }
  | { readonly line: number; readonly fault: string };

export interface ReadFile {
  readonly format: WatchlistFormat;
  /** In the order of the header; of JSON lines, those of the first lines' objects. */
  readonly columns: readonly string[];
  readonly lines: AsyncIterable<ReadLine>;
}

/** The first line must end within this. */
const headBytesMax = watchlistLimits.itemBytes;
/** JSON lines that are looked at for columns. */
const columnLines = 1_000;
const faultOf = (message: string): SallyportError => new SallyportError('BadRequest', message, { target: 'body' });

/** Reads a file of items as it comes. Throws SallyportError BadRequest at what is no header, naming its line. */
export async function readItems(body: AsyncIterable<Buffer>, { format, skipLines }: ReadOptions): Promise<ReadFile> {
  const chunks = body[Symbol.asyncIterator]();
  const { bytes, line } = await headOf(chunks, skipLines);
  const whole = Readable.from(again(bytes, chunks), { objectMode: false });
  const found = format ?? formatOf(line);
  if (found === 'jsonl') return jsonLines(whole, skipLines);
  const delimiter = found === 'tsv' ? '\t' : delimiterOf(line);
  return separated(whole, delimiter, found, skipLines);
}

async function headOf(
  chunks: AsyncIterator<Buffer>,
  skipLines: number,
): Promise<{ readonly bytes: Buffer; readonly line: string }> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const lines = bytes
      .toString('utf8')
      .replace(/^\uFEFF/, '')
      .split(/\r?\n/)
      .slice(skipLines);
    const line = lines.slice(0, -1).find((text) => text.trim() !== '');
    if (line !== undefined) return { bytes, line };
    const next = await chunks.next();
    if (next.done === true) return { bytes, line: lines.find((text) => text.trim() !== '') ?? '' };
    bytes = Buffer.concat([bytes, next.value]);
    if (bytes.length > headBytesMax + skipLines * 1_024) throw faultOf('the first line is longer than 1 MiB');
  }
}

async function* again(first: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value;
}

const count = (text: string, delimiter: string): number =>
  text.replaceAll(/"(?:[^"]|"")*"/g, '').split(delimiter).length - 1;
const formatOf = (line: string): WatchlistFormat =>
  line.trimStart().startsWith('{')
    ? 'jsonl'
    : count(line, '\t') > Math.max(count(line, ','), count(line, ';'))
      ? 'tsv'
      : 'csv';
const delimiterOf = (line: string): string => (count(line, ';') > count(line, ',') ? ';' : ',');

/** What keeps names from being those of columns. */
export function columnFault(columns: readonly string[]): string | undefined {
  if (columns.length > watchlistLimits.columns) return `more than ${watchlistLimits.columns} columns`;
  for (const [i, name] of columns.entries()) {
    const parsed = WatchlistColumn.safeParse(name);
    if (!parsed.success)
      return `column ${i + 1} has no name that a column can have: ${JSON.stringify(name.slice(0, 80))} (${parsed.error.issues[0]?.message ?? ''})`;
    if (columns.indexOf(name) !== i) return `two columns are called ${JSON.stringify(name)}`;
  }
  return columns.length === 0 ? 'there is no header' : undefined;
}

const Record = z.object({ record: z.array(z.string()), info: z.object({ lines: z.number() }) });
type Record = z.infer<typeof Record>;

/** https://www.rfc-editor.org/rfc/rfc4180 */
async function separated(
  body: Readable,
  delimiter: string,
  format: WatchlistFormat,
  skipLines: number,
): Promise<ReadFile> {
  const skipped: ReadLine[] = [];
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    skip_records_with_error: true,
    from_line: skipLines + 1,
    max_record_size: watchlistLimits.itemBytes,
    on_skip: (error: CsvError | undefined) => {
      const lines = error && 'lines' in error ? Number(error['lines']) : 0;
      skipped.push({ line: lines, fault: csvFault(error?.code ?? '') });
      return undefined;
    },
  });
  body.on('error', (error) => parser.destroy(error));
  body.pipe(parser);
  const records = parser[Symbol.asyncIterator]() as AsyncIterator<Record>;
  const first = await records.next();
  if (first.done === true) throw faultOf(skipped[0] && 'fault' in skipped[0] ? skipped[0].fault : 'the file is empty');
  const columns = Record.parse(first.value).record.map((name) => name.trim());
  const fault = columnFault(columns);
  if (fault !== undefined) throw faultOf(`line ${first.value.info.lines}: ${fault}`);
  async function* lines(): AsyncGenerator<ReadLine> {
    for (let next = await records.next(); next.done !== true; next = await records.next()) {
      yield* skipped.splice(0);
      const { record, info } = next.value;
      // Spreadsheets end lines with commas.
      const rest = record.slice(columns.length);
      if (record.length < columns.length || rest.some((cell) => cell !== ''))
        yield { line: info.lines, fault: `${record.length} values where the header has ${columns.length} columns` };
      else {
        const values = record.slice(0, columns.length);
        yield { line: info.lines, values, item: bagOf(columns, values) };
      }
    }
    yield* skipped.splice(0);
  }
  return { format, columns, lines: lines() };
}

const csvFaults: Readonly<{ [code: string]: string }> = {
  CSV_QUOTE_NOT_CLOSED: 'a quotation mark that is never closed',
  CSV_INVALID_CLOSING_QUOTE: 'a closing quotation mark that something else than a delimiter follows',
  INVALID_OPENING_QUOTE: 'a quotation mark inside of a value that has none around it',
  CSV_MAX_RECORD_SIZE: 'longer than 1 MiB; is a quotation mark never closed?',
};
const csvFault = (code: string): string => csvFaults[code] ?? `no CSV (${code})`;

/** `WatchlistItem` of values. */
export const bagOf = (columns: readonly string[], values: readonly string[]): string =>
  `{${columns.map((name, i) => `${JSON.stringify(name)}:${JSON.stringify(values[i] ?? '')}`).join(',')}}`;

const Bag = z.record(z.string(), z.unknown());

/** One object a line. What is no text in it becomes its JSON text. */
async function jsonLines(body: Readable, skipLines: number): Promise<ReadFile> {
  const texts = linesOf(body)[Symbol.asyncIterator]();
  const first: { line: number; text: string }[] = [];
  for (let next = await texts.next(); next.done !== true; next = await texts.next()) {
    if (next.value.line > skipLines) first.push(next.value);
    if (first.length >= columnLines) break;
  }
  const columns = [...new Set(first.flatMap(({ text }) => Object.keys(bagIn(text) ?? {})))];
  const fault = columnFault(columns);
  if (fault !== undefined) throw faultOf(`${fault}: each line is to be an object of JSON`);
  const known = new Map(columns.map((name, i) => [name, i]));
  const read = ({ line, text }: { line: number; text: string }): ReadLine => {
    const bag = bagIn(text);
    if (!bag) return { line, fault: 'no object of JSON' };
    const values = columns.map(() => '');
    for (const [name, value] of Object.entries(bag)) {
      const at = known.get(name);
      if (at === undefined) return { line, fault: `${JSON.stringify(name)} is none of the columns of the first lines` };
      values[at] = typeof value === 'string' ? value : value === null ? '' : JSON.stringify(value);
    }
    return { line, values, item: JSON.stringify(bag) };
  };
  async function* lines(): AsyncGenerator<ReadLine> {
    for (const one of first) yield read(one);
    for (let next = await texts.next(); next.done !== true; next = await texts.next()) yield read(next.value);
  }
  return { format: 'jsonl', columns, lines: lines() };
}

function bagIn(text: string): { readonly [name: string]: unknown } | undefined {
  try {
    const parsed = Bag.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}

/** Lines that are not empty. A longer one than an item may be is cut, and so is no JSON. */
async function* linesOf(body: Readable): AsyncGenerator<{ line: number; text: string }> {
  let line = 0;
  let rest = '';
  const decoder = new TextDecoder();
  for await (const chunk of body as AsyncIterable<Buffer>) {
    rest += decoder.decode(chunk, { stream: true });
    const parts = rest.split('\n');
    rest = parts.pop() ?? '';
    for (const text of parts) {
      line++;
      if (text.trim() !== '') yield { line, text: text.slice(0, watchlistLimits.itemBytes) };
    }
    if (rest.length > watchlistLimits.itemBytes) rest = rest.slice(0, watchlistLimits.itemBytes);
  }
  if (rest.trim() !== '') yield { line: line + 1, text: rest };
}
