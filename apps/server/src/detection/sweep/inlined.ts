import type { FunctionDefinition } from '@sallyport/kql';
import { bare, split } from './kql-text.ts';

/**
 * The query with each stored function that it reads by its bare name before it as a `let`, so that what goes by the text sees what it stands for. Functions with parameters or of several statements
 * stay as they are, as do those whose name the query gives to something else.
 */
export function inlined(query: string, functions: readonly FunctionDefinition[]): string {
  const text = bare(query);
  const isRead = (name: string): boolean =>
    new RegExp(`(?<![\\w.])${name}\\b(?!\\s*[(=])`).test(text) && !new RegExp(`\\blet\\s+${name}\\b`).test(text);
  return functions
    .filter(({ name, parameters, body }) => parameters === '()' && split(body, ';').length === 1 && isRead(name))
    .reduce((whole, { name, body }) => `let ${name} = ${body.trim()};\n${whole}`, query);
}
