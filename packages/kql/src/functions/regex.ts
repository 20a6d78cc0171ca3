import { sql, string, type Sql } from '../sql.ts';
import type { CallInfo, Operand } from './registry.ts';

/**
 * Kusto's regular expressions as the engine's. Both are RE2's language, but in Kusto a dot takes no line feed, and `\d`, `\s` and `\w`
 * take Unicode's digits, blanks and letters. `\b` stays ASCII's: the engine has no other.
 * https://learn.microsoft.com/kusto/query/regex
 */

/** What stands in brackets for each class, and for what is not in it. */
const classes: Readonly<Record<string, string>> = {
  d: String.raw`\p{Nd}`,
  D: String.raw`\P{Nd}`,
  s: String.raw`\t-\r\x{85}\p{Z}`,
  S: String.raw`\x00-\x08\x0e-\x1f\x7f-\x{84}\x{86}-\x{9f}\p{Cf}\p{Co}\p{L}\p{M}\p{N}\p{P}\p{S}`,
  w: String.raw`\p{L}\p{M}\p{Nd}\p{Nl}\p{Pc}\x{200c}\x{200d}`,
  W: String.raw`\p{Cc}\p{Co}\p{Z}\p{S}\p{Pd}\p{Ps}\p{Pe}\p{Pi}\p{Pf}\p{Po}\p{No}`,
};
/** A class beside its own opposite: any character at all. */
const anything = /\[\^?(?:\\s\\S|\\S\\s|\\d\\D|\\D\\d|\\w\\W|\\W\\w)\]/g;
/** `\u00e9`, `\u{e9}` and `\U000000e9` are `\x{e9}` in the engine. */
const codePoint = /^\\[uU]\{?([0-9A-Fa-f]+)\}?$/;
const tokens =
  /\\Q[\s\S]*?(?:\\E|$)|\\[pP]\{[^}]*\}|\\[xu]\{[^}]*\}|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\[\s\S]|\[\^?\]?|[\s\S]/g;

interface Translated {
  /** Right for texts of ASCII alone. */
  readonly ascii: string;
  /** Right for all texts; many times slower where it has classes of words. */
  readonly unicode: string;
  readonly hasWords: boolean;
}

function translate(pattern: string): Translated {
  // With that flag somewhere, dots change their meaning on the way: the engine keeps track of it.
  const flagged = /\(\?[a-zA-Z]*s/.test(pattern);
  let ascii = flagged ? '(?-s)' : '';
  let unicode = ascii;
  let inBrackets = false;
  let hasWords = false;
  const both = (text: string): void => {
    ascii += text;
    unicode += text;
  };
  const simple = pattern.replaceAll(anything, (all) => (all.startsWith('[^') ? all : '[\\x00-\\x{10ffff}]'));
  for (const [found] of simple.matchAll(tokens)) {
    const token = found.replace(codePoint, String.raw`\x{$1}`);
    const known = token.length === 2 && token.startsWith('\\') ? classes[token.charAt(1)] : undefined;
    if (known !== undefined) {
      hasWords ||= /w/i.test(token);
      ascii += token;
      unicode += inBrackets ? known : /[dD]/.test(token) ? known : plainClass(token.charAt(1));
    } else if (inBrackets) {
      if (token.endsWith(']') && !token.startsWith('\\')) inBrackets = false;
      both(token.startsWith('[') ? `\\${token}` : token);
    } else if (token.startsWith('[')) {
      inBrackets = true;
      both(token);
    } else both(token === '.' && !flagged ? '[^\\n]' : token);
  }
  return { ascii, unicode, hasWords };
}
const plainClass = (letter: string): string =>
  letter === letter.toLowerCase() ? `[${classes[letter]}]` : `[^${classes[letter.toLowerCase()]}]`;

/** `[:alpha:]` inside of brackets has brackets of its own. */
const withoutPosix = (pattern: string): boolean => !/\[:\^?[a-z]+:\]/.test(pattern);

/**
 * SQL of a test or extraction by a regular expression. `make` is asked for the text and the engine's expression, twice where classes of
 * words stand: texts of ASCII alone take the fast form.
 */
export function byRegex(text: Sql, regex: Operand, call: CallInfo, make: (text: Sql, regex: Sql) => Sql): Sql {
  const pattern = regex.literal?.value;
  if (typeof pattern !== 'string') return make(text, sql`concat('(?-s)', ${regex.sql})`);
  if (!withoutPosix(pattern)) return make(text, string(`(?-s)${pattern}`));
  const { ascii, unicode, hasWords } = translate(pattern);
  if (!hasWords) return make(text, string(unicode));
  const named = call.name(text);
  return sql`if(isValidASCII(${named}), ${make(named, string(ascii))}, ${make(named, string(unicode))})`;
}
