import type { Part, Pattern } from './types.ts';

export const anything: Part = { wild: 'any' };

/**
 * A Sigma text with its wildcards. `*` and `?` are wild; a backslash before one of them, or before a backslash, takes away its meaning; any other
 * backslash is itself. https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html#escaping
 */
export function patternOf(text: string): Pattern {
  const parts: Part[] = [];
  let literal = '';
  const wild = (kind: 'any' | 'one') => {
    if (literal !== '') parts.push(literal);
    literal = '';
    parts.push({ wild: kind });
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    const next = text[at + 1];
    if (character === '\\' && (next === '\\' || next === '*' || next === '?')) {
      literal += next;
      at++;
    } else if (character === '*') wild('any');
    else if (character === '?') wild('one');
    else literal += character;
  }
  if (literal !== '') parts.push(literal);
  return parts.filter((part, at) => !(isAnything(part) && isAnything(parts[at - 1])));
}

export const isAnything = (part: Part | undefined): boolean => typeof part === 'object' && part.wild === 'any';

/** The pattern as a text; undefined when it has wildcards. */
export function literalOf(pattern: Pattern): string | undefined {
  return pattern.every((part) => typeof part === 'string') ? pattern.join('') : undefined;
}

export function startingWithAnything(pattern: Pattern): Pattern {
  return isAnything(pattern[0]) ? pattern : [anything, ...pattern];
}
export function endingWithAnything(pattern: Pattern): Pattern {
  return isAnything(pattern.at(-1)) ? pattern : [...pattern, anything];
}
export const containing = (pattern: Pattern): Pattern => startingWithAnything(endingWithAnything(pattern));

/** Where an option's dash stands: not after a word, and before one. */
const dash = /(?<!\w)[-/](?=\w)/;
/** Any dash that Windows takes for the beginning of an option. */
export const dashes = ['-', '/', '\u2013', '\u2014', '\u2015'] as const;

/** Every dash and slash that begins an option as any of `dashes`. */
export function withAnyDash(pattern: Pattern): Pattern {
  return pattern.flatMap((part): Part[] => {
    if (typeof part !== 'string') return [part];
    const pieces = part.split(dash);
    return pieces.flatMap((piece, at): Part[] => [
      ...(at > 0 ? [{ wild: 'dash' } as const] : []),
      ...(piece === '' ? [] : [piece]),
    ]);
  });
}

/** The patterns that a pattern with at most one `dash` stands for; undefined when there are more of them. */
export function withoutDash(pattern: Pattern): readonly Pattern[] | undefined {
  const places = pattern.flatMap((part, at) => (typeof part === 'object' && part.wild === 'dash' ? [at] : []));
  const [place] = places;
  if (place === undefined) return [pattern];
  if (places.length > 1) return undefined;
  return dashes.map((one) => joined([...pattern.slice(0, place), one, ...pattern.slice(place + 1)]));
}

/** Neighbouring texts as one. */
function joined(pattern: Pattern): Pattern {
  const parts: Part[] = [];
  for (const part of pattern) {
    const last = parts.at(-1);
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part;
    else parts.push(part);
  }
  return parts;
}

const special = /[\\^$.|?*+()[\]{}]/g;
const escaped = (text: string): string => text.replaceAll(special, String.raw`\$&`);

/** RE2 that the whole value must match. */
export function regexOf(pattern: Pattern, cased: boolean): string {
  const first = isAnything(pattern[0]) ? 1 : 0;
  const last = pattern.length > 1 && isAnything(pattern.at(-1)) ? pattern.length - 1 : pattern.length;
  const inner = pattern.slice(first, last).map((part) => {
    if (typeof part === 'string') return escaped(part);
    return part.wild === 'any' ? '.*' : part.wild === 'one' ? '.' : `[${dashes.join('')}]`;
  });
  return `(?${cased ? '' : 'i'}s)${first === 0 ? '^' : ''}${inner.join('')}${last === pattern.length ? '$' : ''}`;
}
