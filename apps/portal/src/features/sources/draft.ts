import type { Column, SourceFiles, StreamFormat } from '@sallyport/contracts';
import { parse, stringify } from 'yaml';
import { z } from 'zod';

export interface Flow {
  readonly table: string;
  readonly transform: string;
}

export interface Stream {
  readonly name: string;
  readonly format: StreamFormat;
  /** Of format `columns`. */
  readonly columns: readonly Column[];
  /** Expressions on lines, or lists of paths in JSON objects: any one fits. */
  readonly lines: readonly string[];
  readonly paths: readonly (readonly string[])[];
  /** By which a record of several lines begins; empty: each line is one. */
  readonly begins: string;
  readonly accept: string;
  /** What is made of the accepted records before the flows see them; null: nothing. */
  readonly prepare: string | null;
  readonly flows: readonly Flow[];
}

/** A source while it is being written. */
export interface Draft {
  readonly id: string;
  readonly name: string;
  readonly vendor: string;
  readonly product: string;
  readonly link: string;
  readonly description: string;
  readonly priority: number;
  readonly streams: readonly Stream[];
  /** Fixtures and README, by path. */
  readonly others: SourceFiles;
  /** The version that is changed; null for a source that is not saved yet. */
  readonly version: number | null;
  /** It is to stand in the place of the shipped source of that id. */
  readonly replaceShipped: boolean;
}

export const newFlow: Flow = { table: 'Syslog', transform: 'source\n| project SyslogMessage = RawData\n' };

export const newDraft: Draft = {
  id: '',
  name: '',
  vendor: '',
  product: '',
  link: '',
  description: '',
  priority: 0,
  streams: [
    {
      name: '',
      format: 'lines',
      columns: [],
      lines: [],
      paths: [],
      begins: '',
      accept: 'true',
      prepare: null,
      flows: [newFlow],
    },
  ],
  others: {},
  version: null,
  replaceShipped: false,
};

/** Only what the editor shows of a `source.yml`; the server says what is wrong with one. */
const Shape = z.object({
  id: z.string(),
  name: z.string(),
  vendor: z.string(),
  product: z.string(),
  link: z.string().default(''),
  description: z.string().default(''),
  priority: z.number().default(0),
  streams: z.array(
    z.object({
      name: z.string(),
      format: z.enum(['lines', 'jsonObjects', 'columns']),
      columns: z.array(z.object({ name: z.string(), type: z.string() })).default([]),
      recognise: z.array(z.object({ line: z.string().optional(), json: z.array(z.string()).optional() })).default([]),
      begins: z.string().default(''),
      accept: z.string().default('true'),
      prepare: z.string().optional(),
      flows: z.array(z.object({ table: z.string(), transform: z.string() })),
    }),
  ),
});

const isOther = (path: string): boolean => path !== 'source.yml' && !path.endsWith('.kql');

/** A source's folder as a draft. Throws when its `source.yml` can't be read. */
export function draftOf(files: Readonly<SourceFiles>, version: number | null): Draft {
  const shape = Shape.parse(parse(files['source.yml'] ?? ''));
  return {
    ...shape,
    streams: shape.streams.map(({ recognise, columns, flows, prepare, ...stream }) => ({
      ...stream,
      prepare: prepare === undefined ? null : (files[prepare] ?? ''),
      columns: columns as Column[],
      lines: recognise.flatMap(({ line }) => line ?? []),
      paths: recognise.flatMap(({ json }) => (json === undefined ? [] : [json])),
      flows: flows.map(({ table, transform }) => ({ table, transform: files[transform] ?? '' })),
    })),
    others: Object.fromEntries(Object.entries(files).filter(([path]) => isOther(path))),
    version,
    replaceShipped: false,
  };
}

/** `SecurityEvent` → `security-event`. */
const fileWord = (table: string): string =>
  table
    .replaceAll(/([a-z\d])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z\d]+/g, '-')
    .replaceAll(/^-+|-+$/g, '') || 'rows';

/** A draft as a source's folder: what is saved, and what can be put into `content/sources`. */
export function filesOf(draft: Draft): SourceFiles {
  const files: SourceFiles = { ...draft.others };
  const names = new Map<string, string>();
  /** The same transform twice is one file; another one of that name gets a number. */
  const fileOf = (word: string, transform: string): string => {
    for (let n = 1; ; n++) {
      const name = n === 1 ? `${word}.kql` : `${word}-${n}.kql`;
      const text = names.get(name);
      if (text !== undefined && text !== transform) continue;
      names.set(name, transform);
      files[name] = transform;
      return name;
    }
  };
  const { link, description, priority } = draft;
  files['source.yml'] = stringify(
    {
      id: draft.id,
      name: draft.name,
      vendor: draft.vendor,
      product: draft.product,
      ...(link === '' ? {} : { link }),
      ...(description === '' ? {} : { description }),
      ...(priority === 0 ? {} : { priority }),
      streams: draft.streams.map((stream) => ({
        name: stream.name,
        format: stream.format,
        ...(stream.format === 'columns' ? { columns: stream.columns } : {}),
        recognise: [...stream.lines.map((line) => ({ line })), ...stream.paths.map((json) => ({ json }))],
        ...(stream.begins === '' || stream.format !== 'lines' ? {} : { begins: stream.begins }),
        accept: stream.accept,
        ...(stream.prepare === null ? {} : { prepare: fileOf('prepare', stream.prepare) }),
        flows: stream.flows.map(({ table, transform }) => ({ table, transform: fileOf(fileWord(table), transform) })),
      })),
    },
    { lineWidth: 160 },
  );
  return files;
}

/** A fixture of the raw text, by the format of its stream. */
export const fixturePath = (name: string, format: StreamFormat): string =>
  `fixtures/${name}.${format === 'lines' ? 'log' : 'jsonl'}`;

/** Columns that `source` has in a stream's transforms. */
export const sourceColumns = ({ format, columns }: Pick<Stream, 'format' | 'columns'>): readonly Column[] =>
  format === 'columns' ? columns : [{ name: 'RawData', type: format === 'lines' ? 'string' : 'dynamic' }];

/** `Acme Firewall` → `acme-firewall`, `AcmeFirewallText`. */
export const idFor = (vendor: string, product: string): string => fileWord(`${vendor} ${product}`);
export const streamFor = (vendor: string, product: string, format: StreamFormat): string => {
  const words = `${vendor} ${product}`.split(/[^A-Za-z\d]+/).filter((word) => word !== '');
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return joined === '' ? '' : `Custom-${joined.replace(/^\d+/, '')}${format === 'lines' ? 'Text' : 'Json'}`;
};
