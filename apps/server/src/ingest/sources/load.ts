import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDocument } from 'yaml';
import { SourceFile, type StreamDefinition, type StreamRecogniser } from './schema.ts';

/** A stream with its transforms' text read. */
export interface SourceStream extends Omit<StreamDefinition, 'flows' | 'recognise' | 'begins'> {
  readonly prepared?: { readonly file: string; readonly transform: string } | undefined;
  readonly recognise: readonly StreamRecogniser[];
  readonly begins?: StreamRecogniser['line'];
  readonly flows: readonly { readonly table: string; readonly file: string; readonly transform: string }[];
}

export interface Source extends Omit<SourceFile, 'streams'> {
  readonly folder: string;
  readonly streams: readonly SourceStream[];
}

/** What is wrong with a source. `path` is the place inside the file: `streams.0.flows.1.transform`, or `line 3, column 5`. */
export interface SourceProblem {
  readonly source: string;
  readonly file: string;
  readonly path: string;
  readonly message: string;
}

export interface LoadedSources {
  /** In the order in which recognition asks them: priority, then id. */
  readonly sources: readonly Source[];
  readonly problems: readonly SourceProblem[];
}

/** The sources that ship with Sallyport. */
export const shippedSources = fileURLToPath(new URL('../../../../../content/sources', import.meta.url));

/** Most bytes of one file of a source. */
const fileBytesMax = 1024 * 1024;

/** A source that is wrong; `problems` say where. */
export class InvalidSource extends Error {
  readonly problems: readonly Omit<SourceProblem, 'source'>[];
  constructor(problems: readonly Omit<SourceProblem, 'source'>[]) {
    super('invalid source');
    this.problems = problems;
  }
}

async function textOf(file: string, path: string): Promise<string> {
  try {
    const text = await readFile(file, 'utf8');
    if (text.length > fileBytesMax) throw new Error('larger than 1 MiB');
    return text;
  } catch (error) {
    throw new InvalidSource([{ file, path, message: error instanceof Error ? error.message : String(error) }]);
  }
}

/** Reads the text of a `source.yml`. Throws InvalidSource. */
export function parseDefinition(file: string, text: string): SourceFile {
  const document = parseDocument(text, { prettyErrors: true });
  if (document.errors.length > 0)
    throw new InvalidSource(
      document.errors.map((e) => {
        const at = e.linePos?.[0];
        return {
          file,
          path: at ? `line ${at.line}, column ${at.col}` : '',
          message: e.message.split('\n')[0] ?? e.code,
        };
      }),
    );
  const parsed = SourceFile.safeParse(document.toJS({ maxAliasCount: 100 }));
  if (!parsed.success)
    throw new InvalidSource(parsed.error.issues.map((i) => ({ file, path: i.path.join('.'), message: i.message })));
  return parsed.data;
}

async function loadOne(folder: string): Promise<Source> {
  const file = join(folder, 'source.yml');
  const definition = parseDefinition(file, await textOf(file, ''));
  if (definition.id !== basename(folder))
    throw new InvalidSource([
      { file, path: 'id', message: `id is ${definition.id}, and the folder ${basename(folder)}` },
    ]);
  const streams = await Promise.all(
    definition.streams.map(async (stream, s) => {
      const flows = stream.flows.map(async ({ table, transform }, f) => ({
        table,
        file: join(folder, transform),
        transform: await textOf(join(folder, transform), `streams.${s}.flows.${f}.transform`),
      }));
      const { prepare } = stream;
      const prepared =
        prepare === undefined
          ? undefined
          : { file: join(folder, prepare), transform: await textOf(join(folder, prepare), `streams.${s}.prepare`) };
      return { ...stream, flows: await Promise.all(flows), prepared };
    }),
  );
  return { ...definition, folder, streams };
}

async function foldersOf(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.filter((e) => e.isDirectory()).map((e) => join(root, e.name));
}

/** Takes out the sources that name a stream which an earlier one (in order of id) has. */
function withoutDoubleStreams(sources: readonly Source[]): LoadedSources {
  const owners = new Map<string, string>();
  const problems: SourceProblem[] = [];
  const kept = sources.filter((source) => {
    const names = source.streams.map((s) => s.name);
    const double = names.find((name, i) => owners.has(name) || names.indexOf(name) !== i);
    if (double === undefined) {
      for (const name of names) owners.set(name, source.id);
      return true;
    }
    const message = `stream ${double} is declared twice, first by ${owners.get(double) ?? source.id}`;
    problems.push({ source: source.id, file: join(source.folder, 'source.yml'), path: 'streams', message });
    return false;
  });
  return { sources: kept, problems };
}

/**
 * Reads every source of the folders given (`content/sources`). A source that is wrong is left out and told in `problems`; the others
 * load all the same. Those that ship are read once in a process. Throws only when a folder can't be read at all.
 */
export function loadSources(...roots: readonly string[]): Promise<LoadedSources> {
  if (roots.length !== 1 || roots[0] !== shippedSources) return read(roots);
  return (shipped ??= read(roots));
}

let shipped: Promise<LoadedSources> | undefined;

async function read(roots: readonly string[]): Promise<LoadedSources> {
  const folders = (await Promise.all(roots.map(foldersOf))).flat();
  const results = await Promise.allSettled(folders.map(loadOne));
  const problems: SourceProblem[] = [];
  const sources: Source[] = [];
  results.forEach((result, i) => {
    if (result.status === 'fulfilled') return void sources.push(result.value);
    if (!(result.reason instanceof InvalidSource)) throw result.reason;
    problems.push(...result.reason.problems.map((p) => ({ source: basename(folders[i] ?? ''), ...p })));
  });
  const byId = sources.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const { sources: kept, problems: doubles } = withoutDoubleStreams(byId);
  return {
    sources: kept.toSorted((a, b) => b.priority - a.priority),
    problems: [...problems, ...doubles],
  };
}
