import type { Catalogue, LookupNames, TableDefinition } from '@sallyport/lake';
import type { Framing } from './lines.ts';
import { immutableIdOf, streamOf } from '../collection-rules/rule.ts';
import { loadSources, type LoadedSources, type Source, type SourceProblem, type SourceStream } from './load.ts';
import { isOwn, ownLimits, Suspensions, withOwn, type OwnSource } from './own.ts';
import {
  compileStream,
  refusingStream,
  tableStatements,
  type Compile,
  type CompiledStream,
  type StreamStatements,
} from './statements.ts';

/** Tables that Sallyport alone writes: a sender who may write them could forge what it did and found. */
const ownTables = new Set([
  'DCRLogErrors',
  'EntityInventory_CL',
  'HuntingBookmark',
  'IngestionSavings_CL',
  'InvestigationActions_CL',
  'InvestigationEvidence_CL',
  'LAQueryLogs',
  'SecurityIncident',
  'SentinelAudit',
  'SentinelHealth',
  'Usage',
  'Watchlist',
]);

/** `now()` of a transform is written into its SQL: it may be this old (syslog's guess of the year needs no better). */
const compiledForMs = 3_600_000;

export interface Streams {
  /** In the order in which recognition asks them. Another list each time they change. */
  readonly sources: readonly Source[];
  /** Takes the sources made here in the place of those that were; those that ship stay. */
  use(own: readonly OwnSource[]): void;
  /** A load of a stream made here was over its bounds. Answers until when its lines are kept unread from now on, when that has happened too often. */
  overBounds(stream: string): Date | undefined;
  /** A load of it was not. */
  withinBounds(stream: string): void;
  /** Until when a stream's lines are kept unread. */
  suspendedUntil(stream: string): Date | undefined;
  /** Of files that don't load, and of flows that don't compile. Compiles every stream. */
  problems(): readonly SourceProblem[];
  /** What of a source does not compile, with the tables as they are: its flows, and `accept`. */
  check(source: Source): readonly { readonly file: string; readonly path: string; readonly message: string }[];
  /** What the streams of a data collection rule are called here; undefined where there is no rule of that immutable id. */
  ofRule(immutableId: string): ((stream: string) => string) | undefined;
  /** Whether a door takes this stream. */
  has(stream: string): boolean;
  /** Whether it is a stream of lines of text, not of JSON objects. */
  takesLines(stream: string): boolean;
  /** Tables that a stream fills; none when it is unknown. */
  tablesOf(stream: string): readonly string[];
  /**
   * How a segment of the stream is stored. A stream that is unknown (its source is gone since) has each line refused. `zone`: of times that say none; default: UTC. Rows of a
   * table's own stream are ISO 8601 and have no such times.
   */
  statements(stream: string, framing: Framing, zone?: string): StreamStatements;
}

export interface StreamsOptions {
  readonly loaded: LoadedSources;
  /** The lake's, as it now is. */
  readonly catalogue: () => Catalogue;
  readonly compile: Compile;
  readonly now: () => Date;
  /** What transforms look up. Default: what every workspace has under its own name. */
  readonly lookups?: LookupNames;
  /** Puts what tables ask of their rows in between. Default: nothing. */
  readonly apply?: (stream: string, framing: Framing, made: StreamStatements) => StreamStatements;
}

/** Whether Sallyport alone writes a table. */
export const isOwnTable = (name: string): boolean => ownTables.has(name);

/** `Microsoft-SigninLogs`, `Custom-Mine_CL`: the table whose own stream it is. */
function tableOfStream(catalogue: Catalogue, stream: string): TableDefinition | undefined {
  const [, prefix, name = ''] = /^(Microsoft|Custom)-(\w+)$/.exec(stream) ?? [];
  if (ownTables.has(name) || (prefix === 'Custom') !== name.endsWith('_CL')) return undefined;
  return catalogue.get(name);
}

/** The streams of sources and tables. Each is compiled when first used, and again when the tables have changed. */
export function createStreams({ loaded, catalogue, compile, now, apply, lookups }: StreamsOptions): Streams {
  const bySource = new Map<string, { readonly source: Source; readonly stream: SourceStream }>();
  let all = loaded;
  const suspensions = new Suspensions();
  const rules = new Map<string, string>();
  const index = (): void => {
    bySource.clear();
    rules.clear();
    for (const source of all.sources) {
      for (const stream of source.streams) bySource.set(stream.name, { source, stream });
      const rule = isOwn(source) ? source.own.rule : undefined;
      if (rule !== undefined) rules.set(immutableIdOf(rule), rule);
    }
  };
  index();
  let version = '';
  const compiled = new Map<string, { readonly at: number; readonly stream: CompiledStream }>();

  const compiledStream = (stream: SourceStream, zone?: string): CompiledStream => {
    if (version !== catalogue().version) compiled.clear();
    version = catalogue().version;
    const time = now().getTime();
    const key = `${stream.name} ${zone ?? ''}`;
    const have = compiled.get(key);
    if (have !== undefined && time - have.at < compiledForMs) return have.stream;
    const made = compileStream(stream, { compile, table: (name) => catalogue().get(name), now, zone, lookups });
    compiled.set(key, { at: time, stream: made });
    return made;
  };

  const boundedStatements = (stream: string, framing: Framing, made: StreamStatements): StreamStatements => {
    const json = bySource.get(stream)?.stream.format !== 'lines';
    const refusing = refusingStream(stream, framing, 'Transform', json);
    if (suspensions.until(stream, now().getTime()) !== undefined) return refusing;
    return { ...made, bounded: { limits: ownLimits(made.loads.length), refused: refusing.failed } };
  };
  const dateOf = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms));

  return {
    get sources() {
      return all.sources;
    },
    use: (own) => {
      const before = all.sources;
      all = withOwn(loaded, own);
      // Compiled anew, and given another chance: only what has changed.
      const same = new Set(before.filter((source) => all.sources.includes(source)));
      for (const source of before)
        if (!same.has(source))
          for (const { name } of source.streams) {
            for (const key of compiled.keys()) if (key.startsWith(`${name} `)) compiled.delete(key);
            suspensions.clear(name);
          }
      index();
    },
    overBounds: (stream) => dateOf(suspensions.strike(stream, now().getTime())),
    withinBounds: (stream) => suspensions.clear(stream),
    suspendedUntil: (stream) => dateOf(suspensions.until(stream, now().getTime())),
    problems: () => [
      ...all.problems,
      ...[...bySource.values()].flatMap(({ source, stream }) =>
        compiledStream(stream).problems.map(({ file, message }) => ({
          source: source.id,
          file: file ?? `${source.folder}/source.yml`,
          path: stream.name,
          message,
        })),
      ),
    ],
    check: (source) =>
      source.streams.flatMap((stream, s) =>
        compileStream(stream, { compile, table: (name) => catalogue().get(name), now }).problems.map(
          ({ file = 'source.yml', message }) => ({ file, path: `streams.${s}`, message }),
        ),
      ),
    ofRule: (immutableId) => {
      const rule = rules.get(immutableId);
      return rule === undefined ? undefined : (stream) => streamOf(rule, stream);
    },
    has: (stream) => bySource.has(stream) || tableOfStream(catalogue(), stream) !== undefined,
    takesLines: (stream) => bySource.get(stream)?.stream.format === 'lines',
    tablesOf: (stream) => {
      const found = bySource.get(stream);
      if (found !== undefined) return found.stream.flows.map((f) => f.table);
      const table = tableOfStream(catalogue(), stream);
      return table === undefined ? [] : [table.name];
    },
    statements: (stream, framing, zone) => {
      const found = bySource.get(stream);
      const policed = (made: StreamStatements): StreamStatements => apply?.(stream, framing, made) ?? made;
      if (found !== undefined) {
        const made = policed(compiledStream(found.stream, zone).statements(framing));
        return isOwn(found.source) ? boundedStatements(stream, framing, made) : made;
      }
      const table = tableOfStream(catalogue(), stream);
      return table === undefined
        ? refusingStream(stream, framing, 'Parse', false)
        : policed(tableStatements(stream, table, framing));
    },
  };
}

export { loadSources };
