import type { LoadLimits } from '@sallyport/lake';
import type { LoadedSources, Source, SourceProblem } from './load.ts';

/** A source that people made here: see `docs/source-editor.md`. */
export interface OwnSource extends Source {
  readonly own: {
    readonly version: number;
    /** Name of the data collection rule that it is. */
    readonly rule?: string;
  };
}

export const isOwn = (source: Source): source is OwnSource => 'own' in source;

/** What all statements of one segment may take together, seconds. */
const segmentSeconds = 30;

/** Bounds of each statement of a stream that people made: one that is slow must not take the engine from the others. */
export const ownLimits = (statements: number): LoadLimits => ({
  seconds: Math.max(3, Math.floor(segmentSeconds / statements)),
  memoryBytes: 512 * 2 ** 20,
  threads: 1,
});

/** Of sources made here: between the shipped ones and plain syslog. */
const priorityMax = -99;

/** The same object where it has that priority: what is the same is not compiled anew. */
const withPriority = (source: OwnSource, priority: number): OwnSource =>
  source.priority === priority ? source : { ...source, priority };

const folderOf = ({ folder }: Source): string => `${folder}/source.yml`;

/**
 * Sources that ship and those made here as one list, in the order in which recognition asks them. One with the id of a shipped source stands in its place. The
 * others take nothing from those that ship: they are asked after them all, and before plain syslog only, which takes what has a header and nothing else knows.
 */
export function withOwn(shipped: LoadedSources, own: readonly OwnSource[]): LoadedSources {
  const byId = new Map(own.map((source) => [source.id, source]));
  const problems: SourceProblem[] = [];
  const owners = new Map<string, string>();
  const take = (source: Source): boolean => {
    const names = source.streams.map((s) => s.name);
    const double = names.find((name) => owners.has(name));
    if (double === undefined) {
      for (const name of names) owners.set(name, source.id);
      return true;
    }
    const message = `stream ${double} is declared twice, first by ${owners.get(double) ?? source.id}`;
    problems.push({ source: source.id, file: folderOf(source), path: 'streams', message });
    return false;
  };
  const shippedIds = new Set(shipped.sources.map((s) => s.id));
  const inPlace = shipped.sources.map((source): Source => {
    const version = byId.get(source.id);
    return version === undefined ? source : withPriority(version, source.priority);
  });
  const others = own
    .filter((source) => !shippedIds.has(source.id))
    .map((source) => withPriority(source, Math.min(source.priority, priorityMax)))
    .toSorted((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
  const kept = [...inPlace.filter(take), ...others.filter(take)];
  return { sources: kept.toSorted((a, b) => b.priority - a.priority), problems: [...shipped.problems, ...problems] };
}

/** Loads over their bounds, one after another, after which a stream is left alone for a while. */
const strikesMax = 3;
const pauseMs = 15 * 60_000;

/** Streams whose statements were over their bounds again and again: until when their lines are kept unread. */
export class Suspensions {
  readonly #streams = new Map<string, { strikes: number; until: number }>();

  /** A load was over its bounds. Answers until when the stream is left alone from now on, ms since 1970; undefined while it is tried again. */
  strike(stream: string, now: number): number | undefined {
    const strikes = (this.#streams.get(stream)?.strikes ?? 0) + 1;
    const until = strikes < strikesMax ? 0 : now + pauseMs;
    this.#streams.set(stream, { strikes, until });
    return until === 0 ? undefined : until;
  }

  clear(stream?: string): void {
    if (stream === undefined) this.#streams.clear();
    else this.#streams.delete(stream);
  }

  /** Undefined when the stream is not left alone. */
  until(stream: string, now: number): number | undefined {
    const until = this.#streams.get(stream)?.until;
    return until !== undefined && until > now ? until : undefined;
  }
}
