import type { FunctionDefinition, KqlCatalogue } from './types.ts';

const word = /[A-Za-z_]\w*/g;

/** Words of a text, and of the stored functions that it names, and that these name. */
export function wordsOf(text: string, functions: readonly FunctionDefinition[]): ReadonlySet<string> {
  const bodies = new Map(functions.map((f) => [f.name, f.body]));
  const seen = new Set<string>();
  const texts = [text];
  for (let next = texts.pop(); next !== undefined; next = texts.pop())
    for (const [name] of next.matchAll(word)) {
      if (seen.has(name)) continue;
      seen.add(name);
      const body = bodies.get(name);
      if (body !== undefined) texts.push(body);
    }
  return seen;
}

/**
 * The catalogue with those stored functions only that are among `words`. The library takes most of its time for functions, and no wildcard names one. A name
 * that is not a word stays.
 */
export function withNamedFunctions(catalogue: KqlCatalogue, words: ReadonlySet<string>): KqlCatalogue {
  const functions = catalogue.functions.filter((f) => words.has(f.name) || !/^\w+$/.test(f.name));
  if (functions.length === catalogue.functions.length) return catalogue;
  const names = functions.map((f) => f.name).join(',');
  return { ...catalogue, version: `${catalogue.version} functions ${names}`, functions };
}
