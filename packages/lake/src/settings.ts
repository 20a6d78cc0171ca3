import { tokens, type Token } from './tokens.ts';

/**
 * Takes the SETTINGS clause off the end of a statement. Queries run with `readonly=1`, where the statement itself may not set anything,
 * so what our compiler wrote there goes with the request instead. A clause of another shape is left, and the engine refuses it.
 */
export function liftSettings(sql: string): { sql: string; settings: Record<string, string> } {
  const all = [...tokens(sql)];
  const at = lastTopLevel(all);
  const settings = at < 0 ? undefined : readPairs(all.slice(at + 1));
  return settings ? { sql: sql.slice(0, all[at]!.start), settings } : { sql, settings: {} };
}

function lastTopLevel(all: readonly Token[]): number {
  let depth = 0;
  for (let i = all.length - 1; i >= 0; i--) {
    const { text, kind } = all[i]!;
    if (text === ')') depth++;
    else if (text === '(') depth--;
    if (depth === 0 && kind === 'word' && text.toUpperCase() === 'SETTINGS') return i;
  }
  return -1;
}

function readPairs(rest: readonly Token[]): Record<string, string> | undefined {
  if (rest.length === 0) return undefined;
  const pairs: Record<string, string> = {};
  for (let i = 0; i < rest.length; i += 4) {
    const [name, equals, value, comma] = rest.slice(i, i + 4);
    if (name?.kind !== 'word' || equals?.text !== '=' || !value) return undefined;
    if (comma !== undefined && comma.text !== ',') return undefined;
    if (value.kind === 'string') pairs[name.text] = value.text.slice(1, -1).replaceAll("''", "'");
    else if (value.kind === 'number') pairs[name.text] = value.text;
    else return undefined;
  }
  return pairs;
}
