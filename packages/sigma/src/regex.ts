import { RE2JS, RE2JSSyntaxException } from 're2js';

/** A test for a regular expression, with what must not match beside it. */
export interface Regexes {
  /** Each must match. */
  readonly must: readonly string[];
  /** None may match. */
  readonly never: readonly string[];
}

/** Longer ones are nobody's. */
const charsMax = 10_000;

/**
 * A regular expression in RE2, the language of KQL's `matches regex`. A look ahead at the very beginning (`^(?=.*a)(?!.*b)…`) becomes a test of its own;
 * what else RE2 lacks is an error. `flags`: some of `i`, `m`, `s`. Answers a text when it can't be said.
 */
export function re2Of(source: string, flags: string): Regexes | string {
  if (source.length > charsMax) return `a regular expression of more than ${charsMax} characters`;
  const prefix = flags === '' ? '' : `(?${flags})`;
  // With `m` a `^` is not the beginning of the value alone.
  const { looks, rest } = flags.includes('m') ? { looks: [], rest: source } : leadingLooks(source);
  const must: string[] = [];
  const never: string[] = [];
  for (const look of looks) (look.ahead ? must : never).push(`${prefix}^(?:${look.inner})`);
  if (rest !== '' && rest !== '^') must.push(prefix + rest);
  for (const regex of [...must, ...never]) {
    const fault = faultOf(regex);
    if (fault !== undefined) return `${fault}: ${shortened(source)}`;
  }
  return { must, never };
}

const shortened = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}…` : text);

function faultOf(regex: string): string | undefined {
  if (/\(\?<?[=!]/.test(regex.replaceAll(/\\./gs, '')))
    return 'looks ahead or behind inside of a regular expression, which RE2 has not';
  try {
    RE2JS.compile(regex);
    return undefined;
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    const why = error.getDescription();
    return why.startsWith('invalid escape sequence') && /\\[1-9]/.test(regex)
      ? 'refers back to a group, which RE2 can’t'
      : `no regular expression of RE2 (${why})`;
  }
}

interface Look {
  readonly ahead: boolean;
  readonly inner: string;
}

/** Looks ahead that stand right after a `^` at the beginning. */
function leadingLooks(source: string): { looks: readonly Look[]; rest: string } {
  if (!source.startsWith('^')) return { looks: [], rest: source };
  const looks: Look[] = [];
  let at = 1;
  for (;;) {
    const kind = source.slice(at, at + 3);
    if (kind !== '(?=' && kind !== '(?!') break;
    const end = closing(source, at);
    if (end === undefined) break;
    looks.push({ ahead: kind === '(?=', inner: source.slice(at + 3, end) });
    at = end + 1;
  }
  const rest = source.slice(at);
  // `^(?=a)|b` is not a look and then the rest.
  if (looks.length === 0 || hasAlternatives(rest)) return { looks: [], rest: source };
  return { looks, rest: `^${rest}` };
}

/** The place of the bracket that closes the one at `open`. */
function closing(source: string, open: number): number | undefined {
  let depth = 0;
  let inClass = false;
  for (let at = open; at < source.length; at++) {
    const character = source[at];
    if (character === '\\') at++;
    else if (inClass) inClass = character !== ']';
    else if (character === '[') inClass = true;
    else if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return at;
  }
  return undefined;
}

function hasAlternatives(source: string): boolean {
  let depth = 0;
  let inClass = false;
  for (let at = 0; at < source.length; at++) {
    const character = source[at];
    if (character === '\\') at++;
    else if (inClass) inClass = character !== ']';
    else if (character === '[') inClass = true;
    else if (character === '(') depth++;
    else if (character === ')') depth--;
    else if (character === '|' && depth === 0) return true;
  }
  return false;
}
