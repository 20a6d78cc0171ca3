import { integer, join, sql, string, type Sql } from '../sql.ts';
import { neverNull } from './convert.ts';
import { scalarWith, type CallInfo, type ScalarFunction } from './registry.ts';

/**
 * A pattern of `parse`: texts that must stand in the value one after the other, and what is between them. It is one regular expression,
 * and where it can be is cut at its texts instead, which costs the engine a quarter: of lazy gaps each text is met where it first stands.
 */

export type Piece =
  | { readonly text: string }
  /** `group`: of the regular expression, from 1; 0: not captured. `number`: it must be one, after white space; `more`: and may go on. */
  | { readonly group: number; readonly number?: 'whole' | 'real'; readonly more?: true };

/** As in the regular expression. */
const numbers = {
  whole: String.raw`^\s*([-+]?\d+)`,
  real: String.raw`^\s*([-+]?\d*\.?\d+(?:[eE][-+]?\d+)?)`,
};
/** What `\s` is to RE2. */
const whiteSpace = string('\t\n\f\r ');

/**
 * Most that cutting may add to the engine's analysis: it puts in the place of each name what stands behind it, so that each text's place
 * holds the places of all texts before it, and each column all of these.
 */
const largest = 300;

/**
 * The pieces with texts that follow each other as one; undefined where cutting at the texts would not give what the expression gives,
 * or would cost more than it saves. `typed`: columns on whose values it hangs whether the pattern fits.
 */
export function cuttable(pieces: readonly Piece[], typed = 0): readonly Piece[] | undefined {
  const merged: Piece[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if ('text' in piece && last && 'text' in last) merged.splice(-1, 1, { text: last.text + piece.text });
    else if (last && 'number' in last && 'group' in piece && piece.group === 0)
      merged.splice(-1, 1, { ...last, more: true });
    else if (!('text' in piece && piece.text === '')) merged.push(piece);
  }
  const fits = merged.every((piece, i) => {
    const next = merged[i + 1];
    if ('text' in piece || !next) return true;
    if (!('text' in next)) return false;
    // A number takes as many characters as it can.
    return !piece.number || !/^[-+.eE\d]/.test(next.text);
  });
  const texts = merged.filter((p) => 'text' in p).length;
  const groups = merged.filter((p) => 'group' in p && p.group > 0).length;
  return fits && texts > 0 && groups * texts ** 2 * (1 + 3 * typed) <= largest ? merged : undefined;
}

interface Cut {
  /** Whether all texts are there. */
  readonly found: Sql;
  /** Whether all numbers are some, too; undefined where none is asked for. */
  readonly whole: Sql | undefined;
  readonly groups: ReadonlyMap<number, Sql>;
}

function cut(value: Sql, pieces: readonly Piece[], call: CallInfo): Cut {
  const found: Sql[] = [];
  const tests: Sql[] = [];
  const groups = new Map<number, Sql>();
  let start = sql`1`;
  let gap: Exclude<Piece, { text: string }> | undefined;
  const close = (length?: Sql): void => {
    if (!gap?.group) return;
    const part = length ? sql`substring(${value}, ${start}, ${length})` : sql`substring(${value}, ${start})`;
    groups.set(gap.group, gap.number ? number(part, gap.number, gap.more ?? false) : part);
  };
  const number = (part: Sql, kind: 'whole' | 'real', more: boolean): Sql => {
    const named = call.name(part);
    tests.push(sql`match(${named}, ${string(numbers[kind] + (more ? '' : '$'))})`);
    return more ? sql`extract(${named}, ${string(numbers[kind])})` : sql`trimLeft(${named}, ${whiteSpace})`;
  };
  pieces.forEach((piece, i) => {
    if (!('text' in piece)) {
      gap = piece;
      return;
    }
    const text = string(piece.text);
    const bytes = Buffer.byteLength(piece.text);
    if (i === 0) {
      found.push(sql`startsWith(${value}, ${text})`);
      start = integer(bytes + 1);
      return;
    }
    const at = call.name(i === 1 ? sql`position(${value}, ${text})` : sql`position(${value}, ${text}, ${start})`);
    found.push(sql`${at} > 0`);
    close(sql`${at} - (${start})`);
    start = sql`${at} + ${integer(bytes)}`;
    gap = undefined;
  });
  close();
  const all = (parts: readonly Sql[]): Sql => call.name(sql`(${join(parts, sql` AND `)})`);
  const there = all(found);
  return { found: there, whole: tests.length ? all([there, ...tests]) : undefined, groups };
}

/** A group of the pattern, '' where that does not fit. Arguments: the text, the regular expression. */
export const patternGroup = (group: number, pieces: readonly Piece[] | undefined): ScalarFunction =>
  scalarWith(
    '$group',
    ['string', 'string'],
    'string',
    ([text, regex], call) => {
      const byRegex = (value: Sql): Sql =>
        sql`${call.name(sql`extractGroups(${value}, ${regex!.sql})`)}[${integer(group)}]`;
      if (!pieces || !call.rewrites.cutPatterns) return byRegex(text!.sql);
      const value = call.name(text!.sql);
      const { found, whole, groups } = cut(value, pieces, call);
      const part = groups.get(group)!;
      if (!whole) return sql`if(${found}, ${part}, '')`;
      // A text may stand there again, with a number. The engine runs through all rows what several columns share, so the others are blank to it.
      return sql`if(${whole}, ${part}, ${byRegex(sql`if(${found} AND NOT ${whole}, ${value}, '')`)})`;
    },
    'never',
  );

/** Whether the pattern fits. Arguments as of `patternGroup`. */
export const patternTest = (pieces: readonly Piece[] | undefined): ScalarFunction =>
  scalarWith(
    '$match',
    ['string', 'string'],
    'bool',
    ([text, regex], call) => {
      if (!pieces || pieces.some((p) => 'number' in p) || !call.rewrites.cutPatterns)
        return sql`match(${text!.sql}, ${regex!.sql})`;
      return cut(call.name(text!.sql), pieces, call).found;
    },
    'never',
  );

/** Digits that a pattern found, as the number that they are: plainer than a cast of any text. */
export const patternNumber = (type: 'int' | 'long' | 'real'): ScalarFunction =>
  scalarWith(
    '$number',
    ['string'],
    type,
    ([text], call) => {
      if (type === 'real') return call.name(sql`toFloat64OrNull(${text!.sql})`);
      if (type === 'long') return call.name(sql`toInt64OrNull(${text!.sql})`);
      return call.name(sql`accurateCastOrNull(toInt64OrNull(${text!.sql}), 'Int32')`);
    },
    'maybe',
  );

/** The second argument where the first is true, else null: where one value is not of its type, none of the row is. */
export const patternValue: ScalarFunction = scalarWith(
  '$fitting',
  ['bool', 'any'],
  'binder',
  ([fits, value]) => sql`if(${fits!.sql}, ${value!.sql}, ${neverNull(value!.type) ? sql`''` : sql`NULL`})`,
  (args) => !neverNull(args[1]!.type),
);
