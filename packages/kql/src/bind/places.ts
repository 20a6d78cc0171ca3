import { KqlError } from '../errors.ts';
import { childOrNone, child, elements, kindOf, nameOf, textOf, type SyntaxNode } from './kusto.ts';

/**
 * `cluster("…").database("…").T`, `workspace("…").T` and their like. A query reads one workspace: names that are its own mean nothing
 * more, all others are refused.
 */

/** What the library calls our one database. */
export const databaseName = 'lake';

const isOwn = (name: string, own: readonly string[]): boolean =>
  own.some((o) => o.toLowerCase() === name.toLowerCase());
const refusal = (what: string): string =>
  `${what} is not this workspace: a query reads the tables of its own workspace only`;

const calls =
  /\/\/[^\n]*|@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\b(workspace|app|resource)\s*\(\s*h?(?:"([^"\\\n]*)"|'([^'\\\n]*)')\s*\)\s*\./g;
/**
 * The text with `workspace("own").` blanked, which the library does not know; every place stays where it was. Throws KqlError at a
 * workspace that is not ours.
 */
export function withoutOwnPlaces(text: string, own: readonly string[]): string {
  // A pattern may have such a name.
  const patterns = new Set([...text.matchAll(/\bdeclare\s+pattern\s+(\w+)/g)].map(([, name]) => name));
  return text.replaceAll(calls, (whole: string, kind: string | undefined, a?: string, b?: string, at?: number) => {
    if (kind === undefined || patterns.has(kind)) return whole;
    const name = a ?? b ?? '';
    if (!isOwn(name, own)) {
      const start = at ?? 0;
      throw new KqlError('InvalidArgument', refusal(`${kind}(${JSON.stringify(name)})`), {
        start,
        end: start + whole.length,
      });
    }
    return whole.replaceAll(/[^\n]/g, ' ');
  });
}

/** What is wrong with a place of `cluster()` and `database()` calls, or of names for one; undefined when it is ours. */
export function foreignPlace(node: SyntaxNode, own: readonly string[]): string | undefined {
  switch (kindOf(node)) {
    case 'PathExpression':
      return foreignPlace(child(node, 'Expression'), own) ?? foreignPlace(child(node, 'Selector'), own);
    case 'NameReference':
      return isOwn(nameOf(node), own) ? undefined : refusal(nameOf(node));
    case 'FunctionCallExpression': {
      const kind = nameOf(child(node, 'Name'));
      if (kind !== 'database' && kind !== 'cluster') return refusal(textOf(node));
      const list = childOrNone(node, 'ArgumentList');
      const [first] = list ? elements(list, 'Expressions') : [];
      if (!first) return undefined;
      const name = first.LiteralValue;
      if (typeof name !== 'string') return `${kind}() needs a constant name`;
      const pattern = new RegExp(
        `^${name
          .split('*')
          .map((p) => p.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
          .join('.*')}$`,
        'i',
      );
      return own.some((o) => pattern.test(o)) ? undefined : refusal(`${kind}(${JSON.stringify(name)})`);
    }
    default:
      return refusal(textOf(node));
  }
}
