import { Binder } from './bind/binder.ts';
import { buildGlobals, parseAndAnalyze, type GlobalState, type KustoCode } from './bind/kusto.ts';
import { Emitter } from './emit/relation.ts';
import { KqlError } from './errors.ts';
import { visibleColumns, type Rel } from './plan/plan.ts';
import type { Compiled, CompileOptions, KqlCatalogue, Visualization } from './types.ts';

export interface Kql {
  /** Compiles KQL to one ClickHouse SELECT. Throws KqlError. */
  compile(text: string, options: CompileOptions): Compiled;
  /** The base tables that a query reads, by name, each once. Throws KqlError as `compile` does. */
  tablesOf(text: string): readonly string[];
}

/** Longest query text taken, in UTF-16 units. */
export const maxQueryLength = 1_000_000;
const maxPlans = 500;

interface Plan {
  readonly rel: Rel;
  readonly visualization: Visualization | undefined;
}

/** Deepest nesting of brackets taken: past it the library's parser takes time that grows with the square. */
const maxBrackets = 200;
/** Where brackets nest deeper than that, outside texts and comments; -1 when nowhere. */
function tooDeepAt(text: string): number {
  let depth = 0;
  for (const token of text.matchAll(
    /\/\/[^\n]*|@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[([{]|[)\]}]/g,
  )) {
    if (/^[([{]/.test(token[0])) depth++;
    else if (/^[)\]}]/.test(token[0])) depth = Math.max(0, depth - 1);
    if (depth > maxBrackets) return token.index;
  }
  return -1;
}

/** Keeps the newest `limit` entries. */
class Cache<V> {
  readonly #entries = new Map<string, V>();
  readonly #limit: number;
  constructor(limit: number) {
    this.#limit = limit;
  }
  set(key: string, value: V): void {
    this.#entries.set(key, value);
  }
  get(key: string, make: () => V): V {
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
      return found;
    }
    const value = make();
    this.#entries.set(key, value);
    if (this.#entries.size > this.#limit) this.#entries.delete(this.#entries.keys().next().value!);
    return value;
  }
}

// Building the library's state of a large catalogue takes a while, and says the same for the same version.
const globalsByVersion = new Cache<GlobalState>(8);
const plansByText = new Cache<Plan>(maxPlans);

/** The real engine counts the values of any expression in `count(x)`; its published binder wants a bool there. */
const isCountOfValues = (d: { Code: string; Start: number }, text: string): boolean =>
  d.Code === 'KS107' && /\bcount\s*\(\s*$/.test(text.slice(0, d.Start));

const failures = (code: KustoCode, text: string): KqlError | undefined => {
  const list = code.GetDiagnostics();
  const found = Array.from({ length: list.Count }, (_, i) => list.getItem(i))
    .filter((d) => d.Severity === 'Error' && !isCountOfValues(d, text))
    .map((d) => ({
      code: d.Code,
      message: d.Message,
      span: { start: Math.min(d.Start, text.length), end: Math.min(d.Start + d.Length, text.length) },
    }));
  const [first, ...others] = found;
  return first && new KqlError(first.code, first.message, first.span, others);
};

function planOf(text: string, catalogue: KqlCatalogue): Plan {
  return plansByText.get(`${catalogue.version}\0${text}`, () => {
    if (text.length > maxQueryLength)
      throw new KqlError('TooComplex', `the query is longer than ${maxQueryLength} characters`, {
        start: 0,
        end: text.length,
      });
    const globals = globalsByVersion.get(catalogue.version, () => buildGlobals(catalogue));
    const deep = tooDeepAt(text);
    if (deep >= 0)
      throw new KqlError('TooComplex', `brackets are nested more than ${maxBrackets} deep`, {
        start: deep,
        end: deep + 1,
      });
    const reserved = /\[\s*["']\$\$|\b__[tv]\d/.exec(text);
    if (reserved)
      throw new KqlError('InvalidArgument', 'names that start with $$, __t1 or __v1 are kept for the compiler', {
        start: reserved.index,
        end: reserved.index + reserved[0].length,
      });
    return guarded(text, () => {
      const code = parseAndAnalyze(text, globals);
      const failure = failures(code, text);
      if (failure) throw failure;
      const binder = new Binder(catalogue);
      const rel = binder.query(code.Syntax);
      return { rel, visualization: binder.visualization };
    });
  });
}

/** A stack that overflows on absurd nesting is a fault of the query, not of ours. */
function guarded<T>(text: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError && /call stack/i.test(error.message))
      throw new KqlError('TooComplex', 'the query is nested too deep', { start: 0, end: text.length });
    throw error;
  }
}

interface Emitted {
  readonly compiled: Compiled;
  /** The moment that the SQL speaks of; undefined when it speaks of none, and serves at any. */
  readonly moment: number | undefined;
}
const compiledByText = new Cache<Emitted>(maxPlans);

function emitted(text: string, catalogue: KqlCatalogue, options: CompileOptions): Emitted {
  const { rel, visualization } = planOf(text, catalogue);
  return guarded(text, () => {
    const emitter = new Emitter(options);
    const statement = emitter.emitRoot(rel);
    const compiled: Compiled = {
      sql: statement.text,
      columns: visibleColumns(rel),
      reads: emitter.reads,
      ...(visualization ? { visualization } : {}),
    };
    return { compiled, moment: emitter.usedNow ? options.now.getTime() : undefined };
  });
}

/** Compiles KQL to one ClickHouse SELECT. Throws KqlError. Results are kept by text, catalogue version and options. */
export function compile(text: string, catalogue: KqlCatalogue, options: CompileOptions): Compiled {
  // What a `source` answers is not known to be the same twice.
  if (options.source) return emitted(text, catalogue, options).compiled;
  const { database, timespan, output, maxRows } = options;
  const key = JSON.stringify([catalogue.version, database, timespan, output, maxRows, text]);
  const kept = compiledByText.get(key, () => emitted(text, catalogue, options));
  if (kept.moment === undefined || kept.moment === options.now.getTime()) return kept.compiled;
  const fresh = emitted(text, catalogue, options);
  compiledByText.set(key, fresh);
  return fresh.compiled;
}

/** The base tables that a query reads, by name, each once. Throws KqlError. */
export const tablesOf = (text: string, catalogue: KqlCatalogue): readonly string[] => [
  ...new Set(compile(text, catalogue, { now: new Date(0) }).reads.map((r) => r.table)),
];

/** A compiler bound to a changing catalogue: asks for it at each call; what it builds is kept by the catalogue's version. */
export function createKql(catalogue: () => KqlCatalogue): Kql {
  return {
    compile: (text, options) => compile(text, catalogue(), options),
    tablesOf: (text) => tablesOf(text, catalogue()),
  };
}
