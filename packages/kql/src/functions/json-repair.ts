import { sql, string, type Sql } from '../sql.ts';

/**
 * JSON that the engine's functions refuse: integers without a place in 64 bits, reals beyond Float64, halves of surrogate pairs. They refuse the whole
 * text for one of them, so that whoever writes one into an object would hide all of its members. Reals up to 1e21 are as bad: the engine reads
 * them, and writes them as such integers.
 */

/** Strings, numbers, and what is between them: every byte is in one of the pieces. */
const pieces = string('(?s)"(?:[^"\\\\]|\\\\.)*"?|-?[0-9][-+.0-9eE]*|[^"0-9-]+|-');
const number = string('^-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$');
/** Of a string: a pair of surrogates is one, an escape is one. */
const units = string('(?s)\\\\u[dD][89abAB]..\\\\u[dD][c-fC-F]..|\\\\u....|\\\\.|[^\\\\]+');
const half = string('^\\\\u[dD][89a-fA-F]..$');
/** Begins as an object or array does, and has what may need mending. */
const container = string('^\\s*[\\[{]');
const suspect = string('[0-9]{19}|[0-9][eE]\\+?[0-9]|\\\\u[dD][89a-fA-F]');

/** Whether `repairedJson` may make JSON of a text that the engine takes for none. */
export const mayBeRepaired = (text: Sql): Sql => sql`(match(${text}, ${container}) AND match(${text}, ${suspect}))`;

/**
 * The text with such numbers as strings of their digits, and U+FFFD for half a surrogate pair; what was no JSON for another reason stays none. Slow
 * (7 µs for 300 bytes): for refused texts alone.
 */
export const repairedJson = (text: Sql): Sql => {
  const whole = sql`arrayStringConcat(arrayMap(u -> if(match(u, ${half}), '\\\\ufffd', u), extractAll(p, ${units})))`;
  const piece = sql`multiIf(match(p, ${number}), if(isValidJSON(JSONExtractRaw(p)), p, concat('"', p, '"')), startsWith(p, '"') AND NOT isValidJSON(p), ${whole}, p)`;
  return sql`arrayStringConcat(arrayMap(p -> ${piece}, extractAll(${text}, ${pieces})))`;
};

/** The text itself where the engine takes it for JSON or nothing can be mended, else the mended one. */
export const soundJson = (text: Sql): Sql => {
  // Through arrays, as in `parseJson`.
  const refused = sql`arrayFilter(t -> ${mayBeRepaired(sql`t`)}, if(isValidJSON(${text}), [], [${text}]))`;
  const repaired = sql`arrayFilter(r -> isValidJSON(r), arrayMap(t -> ${repairedJson(sql`t`)}, ${refused}))[1]`;
  return sql`if(${repaired} = '', ${text}, ${repaired})`;
};
