import { lineSplitter, type RecordSink, type Splitter } from './splitter.ts';

/** What a file in Zeek's own format begins with. */
export const isZeekTsv = (text: string): boolean => /^#separator \S/.test(text);

/** Most columns of a log: Zeek's widest have some fifty. */
const columnsMax = 1_000;

interface Header {
  separator: string;
  setSeparator: string;
  empty: string;
  unset: string;
  path: string;
  fields: readonly string[];
  types: readonly string[];
}

/** Zeek writes bytes of separators, and those that are not text, as `\x09`. */
const unescaped = (text: string): string =>
  text.replaceAll(/\\x([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

const numbers = new Set(['count', 'int', 'port', 'double', 'time', 'interval']);

function scalarOf(text: string, type: string, { unset }: Header): unknown {
  if (text === unset) return undefined;
  if (type === 'bool') return text === 'T';
  if (!numbers.has(type)) return unescaped(text);
  const value = Number(text);
  return Number.isFinite(value) ? value : unescaped(text);
}

function valueOf(text: string, type: string, header: Header): unknown {
  const element = /^(?:set|vector|list)\[(.*)\]$/.exec(type)?.[1];
  if (element === undefined) return text === header.empty ? '' : scalarOf(text, type, header);
  if (text === header.unset) return undefined;
  if (text === header.empty) return [];
  return text.split(header.setSeparator).map((part) => scalarOf(part, element, header) ?? null);
}

/**
 * Logs in Zeek's own format: a header that names separators, the log, its fields and their types, then a line a record. Every record becomes a line
 * of JSON as Zeek itself would write it, with the log's name as `_path`; fields that are not set are left out. A line that does not have the header's
 * number of fields is a broken record. A new header in the middle of a file counts from there on.
 * https://docs.zeek.org/en/master/log-formats.html
 */
export function zeekTsvSplitter(sink: RecordSink): Splitter {
  const header: Header = {
    separator: '\t',
    setSeparator: ',',
    empty: '(empty)',
    unset: '-',
    path: '',
    fields: [],
    types: [],
  };

  const readHeader = (line: string): void => {
    // The line that names the separator has a blank behind its name, the others the separator.
    const [, first, rest = ''] = /^#separator( )(.*)$/.exec(line) ?? [];
    if (first !== undefined) {
      header.separator = unescaped(rest) || '\t';
      return;
    }
    const [name, ...values] = line.split(header.separator, columnsMax + 1);
    const [value = ''] = values;
    if (name === '#set_separator') header.setSeparator = unescaped(value) || ',';
    else if (name === '#empty_field') header.empty = value;
    else if (name === '#unset_field') header.unset = value;
    else if (name === '#path') header.path = value;
    else if (name === '#fields') header.fields = values;
    else if (name === '#types') header.types = values;
  };

  return lineSplitter((bytes, broken) => {
    const line = Buffer.from(bytes).toString();
    if (broken) return sink(bytes, true);
    if (line.startsWith('#')) return readHeader(line);
    // Zeek marks what is empty or unset, so that no line ends in a separator that the splitter took for a blank.
    const values = line.split(header.separator, columnsMax + 1);
    if (values.length !== header.fields.length) return sink(bytes, true);
    const record: [string, unknown][] = header.path === '' ? [] : [['_path', header.path]];
    header.fields.forEach((field, i) => {
      const value = valueOf(values[i] ?? '', header.types[i] ?? 'string', header);
      if (value !== undefined) record.push([field, value]);
    });
    sink(Buffer.from(JSON.stringify(Object.fromEntries(record))), false);
  });
}
