import { KqlError } from './errors.ts';
import type { Compiled, CompileOptions, KqlCatalogue } from './types.ts';

export interface Kql {
  compile(text: string, options: CompileOptions): Compiled;
  /** The base tables that a query reads, by name, each once. Throws KqlError as `compile` does. */
  tablesOf(text: string): readonly string[];
}

/** Compiles KQL to one ClickHouse SELECT. Throws KqlError. */
export function compile(text: string, _catalogue: KqlCatalogue, _options: CompileOptions): Compiled {
  throw new KqlError('UnsupportedExpression', 'not yet', { start: 0, end: text.length });
}

/** The base tables that a query reads, by name, each once. Throws KqlError. */
export const tablesOf = (text: string, catalogue: KqlCatalogue): readonly string[] => createKql(() => catalogue).tablesOf(text);

/** A compiler bound to a changing catalogue; asks `catalogue` at each call and caches by its version. */
export function createKql(catalogue: () => KqlCatalogue): Kql {
  return {
    compile: (text, options) => compile(text, catalogue(), options),
    tablesOf: (text) => compile(text, catalogue(), { now: new Date(0) }).reads.map((r) => r.table),
  };
}
