import type { Catalogue, TableDefinition } from '@sallyport/lake';
import { loadSources, type LoadedSources, type Source, type SourceProblem, type SourceStream } from './load.ts';
import {
  compileStream,
  refusingStream,
  tableStatements,
  type Compile,
  type CompiledStream,
  type Framing,
  type StreamStatements,
} from './statements.ts';

/** Tables that Sallyport alone writes: a sender who may write them could forge what it did and found. */
const ownTables = new Set([
  'DCRLogErrors',
  'LAQueryLogs',
  'SecurityIncident',
  'SentinelAudit',
  'SentinelHealth',
  'Usage',
]);

/** `now()` of a transform is written into its SQL: it may be this old (syslog's guess of the year needs no better). */
const compiledForMs = 3_600_000;

export interface Streams {
  readonly sources: readonly Source[];
  /** Of files that don't load, and of flows that don't compile. Compiles every stream. */
  problems(): readonly SourceProblem[];
  /** Whether a door takes this stream. */
  has(stream: string): boolean;
  /** Whether it is a stream of lines of text, not of JSON objects. */
  takesLines(stream: string): boolean;
  /** Tables that a stream fills; none when it is unknown. */
  tablesOf(stream: string): readonly string[];
  /** How a segment of the stream is stored. A stream that is unknown (its source is gone since) has each line refused. */
  statements(stream: string, framing: Framing): StreamStatements;
}

export interface StreamsOptions {
  readonly loaded: LoadedSources;
  /** The lake's, as it now is. */
  readonly catalogue: () => Catalogue;
  readonly compile: Compile;
  readonly now: () => Date;
}

/** `Microsoft-SigninLogs`, `Custom-Mine_CL`: the table whose own stream it is. */
function tableOfStream(catalogue: Catalogue, stream: string): TableDefinition | undefined {
  const [, prefix, name = ''] = /^(Microsoft|Custom)-(\w+)$/.exec(stream) ?? [];
  if (ownTables.has(name) || (prefix === 'Custom') !== name.endsWith('_CL')) return undefined;
  return catalogue.get(name);
}

/** The streams of sources and tables. Each is compiled when first used, and again when the tables have changed. */
export function createStreams({ loaded, catalogue, compile, now }: StreamsOptions): Streams {
  const bySource = new Map<string, { readonly source: Source; readonly stream: SourceStream }>();
  for (const source of loaded.sources)
    for (const stream of source.streams) bySource.set(stream.name, { source, stream });
  let version = '';
  const compiled = new Map<string, { readonly at: number; readonly stream: CompiledStream }>();

  const compiledStream = (stream: SourceStream): CompiledStream => {
    if (version !== catalogue().version) compiled.clear();
    version = catalogue().version;
    const time = now().getTime();
    const have = compiled.get(stream.name);
    if (have !== undefined && time - have.at < compiledForMs) return have.stream;
    const made = compileStream(stream, { compile, table: (name) => catalogue().get(name), now });
    compiled.set(stream.name, { at: time, stream: made });
    return made;
  };

  return {
    sources: loaded.sources,
    problems: () => [
      ...loaded.problems,
      ...[...bySource.values()].flatMap(({ source, stream }) =>
        compiledStream(stream).problems.map(({ file, message }) => ({
          source: source.id,
          file: file ?? `${source.folder}/source.yml`,
          path: stream.name,
          message,
        })),
      ),
    ],
    has: (stream) => bySource.has(stream) || tableOfStream(catalogue(), stream) !== undefined,
    takesLines: (stream) => bySource.get(stream)?.stream.format === 'lines',
    tablesOf: (stream) => {
      const found = bySource.get(stream);
      if (found !== undefined) return found.stream.flows.map((f) => f.table);
      const table = tableOfStream(catalogue(), stream);
      return table === undefined ? [] : [table.name];
    },
    statements: (stream, framing) => {
      const found = bySource.get(stream);
      if (found !== undefined) return compiledStream(found.stream).statements(framing);
      const table = tableOfStream(catalogue(), stream);
      return table === undefined
        ? refusingStream(stream, framing, 'Parse', false)
        : tableStatements(stream, table, framing);
    },
  };
}

export { loadSources };
