import { RegExpParser, type AST } from '@eslint-community/regexpp';

/** What a text must have that a regular expression is to match: cheap to ask, and never wrong where it says no. */
export interface Prefilter {
  /** For each first code of a text (see `firstOf`), whether a match is possible; undefined: any. */
  readonly first: Uint8Array | undefined;
  /** One of these is in every text that matches, where each digit of both is taken for a 0 (`\d{4}-` is `0000-`); undefined: nothing is known. */
  readonly literals: readonly string[] | undefined;
}

/** Codes of ASCII, and one for all others. */
export const firstCodes = 129;
const otherCode = 128;

/** The code of a text's first character; that of an empty text is the one of others. */
export function firstOf(text: string): number {
  const code = text.charCodeAt(0);
  return code < otherCode ? code : otherCode;
}

/** Most texts of which one must be there. */
const literalsMax = 64;
/** Longest run of one character that is counted. */
const repeatsMax = 16;
/** What any digit is taken for. */
export const digit = '0';

const parser = new RegExpParser();

/** Knows nothing of expressions that ignore case, or of several lines: they are asked always. */
export function prefilterOf(expression: RegExp): Prefilter {
  const unknown: Prefilter = { first: undefined, literals: undefined };
  if (expression.ignoreCase || expression.multiline || expression.unicodeSets) return unknown;
  const { alternatives } = parser.parsePattern(expression.source, 0, expression.source.length, {
    unicode: expression.unicode,
  });
  return {
    first: alternatives.every(isAnchored) ? firstSet(alternatives, expression.flags)?.codes : undefined,
    literals: anyOf(alternatives),
  };
}

/** Whether it can match at the start of the text only. */
function isAnchored({ elements }: AST.Alternative): boolean {
  const [element] = elements;
  if (element === undefined) return false;
  if (element.type === 'Assertion') return element.kind === 'start';
  return (element.type === 'Group' || element.type === 'CapturingGroup') && element.alternatives.every(isAnchored);
}

interface First {
  readonly codes: Uint8Array;
  /** The empty text matches, so that what follows counts too. */
  readonly nullable: boolean;
}

const none = (nullable: boolean): First => ({ codes: new Uint8Array(firstCodes), nullable });
const all = (): First => ({ codes: new Uint8Array(firstCodes).fill(1), nullable: false });

const union = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((bit, code) => bit | (b[code] ?? 0));

/** Undefined where a match may be empty: then any text will do. */
function firstSet(alternatives: readonly AST.Alternative[], flags: string): First | undefined {
  const first = firstOfAlternatives(alternatives, flags);
  return first.nullable ? undefined : first;
}

function firstOfAlternatives(alternatives: readonly AST.Alternative[], flags: string): First {
  return alternatives
    .map(({ elements }) => firstOfSequence(elements, flags))
    .reduce((a, b) => ({ codes: union(a.codes, b.codes), nullable: a.nullable || b.nullable }), none(false));
}

function firstOfSequence(elements: readonly AST.Element[], flags: string): First {
  let codes = new Uint8Array(firstCodes);
  for (const element of elements) {
    const first = firstOfElement(element, flags);
    codes = Uint8Array.from(union(codes, first.codes));
    if (!first.nullable) return { codes, nullable: false };
  }
  return { codes, nullable: true };
}

function firstOfElement(element: AST.Element, flags: string): First {
  switch (element.type) {
    case 'Assertion':
      return none(true);
    case 'Character': {
      const { codes } = none(false);
      codes[element.value < otherCode ? element.value : otherCode] = 1;
      return { codes, nullable: false };
    }
    case 'CharacterClass':
    case 'CharacterSet':
      return { codes: codesOf(element.raw, flags), nullable: false };
    case 'Group':
    case 'CapturingGroup':
      return firstOfAlternatives(element.alternatives, flags);
    case 'Quantifier': {
      const inner = firstOfElement(element.element, flags);
      return { codes: inner.codes, nullable: inner.nullable || element.min === 0 };
    }
    default:
      return all();
  }
}

/** Which codes a class of characters takes, by asking it. All that are not ASCII count as taken. */
function codesOf(raw: string, flags: string): Uint8Array {
  const one = new RegExp(`^${raw}$`, flags);
  const codes = new Uint8Array(firstCodes);
  for (let code = 0; code < otherCode; code++) if (one.test(String.fromCharCode(code))) codes[code] = 1;
  codes[otherCode] = 1;
  return codes;
}

/** Texts of which each alternative needs one. */
function anyOf(alternatives: readonly AST.Alternative[]): readonly string[] | undefined {
  const found: string[] = [];
  for (const { elements } of alternatives) {
    const best = bestOf(elements);
    if (best === undefined) return undefined;
    found.push(...best);
  }
  return found.length <= literalsMax ? [...new Set(found)] : undefined;
}

/** How much a text tells: digits are in most lines. */
const tells = (text: string): number => text.replaceAll(digit, '').length + text.length / 100;
const leastOf = (literals: readonly string[]): number => Math.min(...literals.map(tells));

/** The one character that an element stands for, a digit as `0`; undefined where it may be others. */
function characterOf(element: AST.Element): string | undefined {
  switch (element.type) {
    case 'Character':
      return isDigit(element.value) ? digit : String.fromCodePoint(element.value);
    case 'CharacterSet':
      return element.kind === 'digit' && !element.negate ? digit : undefined;
    case 'CharacterClass':
      return !element.negate && element.elements.length > 0 && element.elements.every(isOfDigits) ? digit : undefined;
    default:
      return undefined;
  }
}

const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;
const isOfDigits = (element: AST.CharacterClass['elements'][number]): boolean =>
  (element.type === 'Character' && isDigit(element.value)) ||
  (element.type === 'CharacterClassRange' && isDigit(element.min.value) && isDigit(element.max.value)) ||
  (element.type === 'CharacterSet' && element.kind === 'digit' && !element.negate);

/** Of all that a sequence needs, the texts of which the one that tells least tells most. */
function bestOf(elements: readonly AST.Element[]): readonly string[] | undefined {
  const needs: (readonly string[])[] = [];
  let run = '';
  const endRun = (): void => {
    if (run !== '') needs.push([run]);
    run = '';
  };
  for (const element of elements.flatMap(plainly)) {
    // What has no width does not part the characters around it.
    if (element.type === 'Assertion') {
      const need = needOf(element);
      if (need !== undefined) needs.push(need);
      continue;
    }
    const [one, min, max] =
      element.type === 'Quantifier' ? [element.element, element.min, element.max] : [element, 1, 1];
    const character = characterOf(one);
    if (character !== undefined && min > 0) {
      const repeated = character.repeat(Math.min(min, repeatsMax));
      run += repeated;
      if (max === min && min <= repeatsMax) continue;
      // As many of it stand before what follows.
      endRun();
      run = repeated;
      continue;
    }
    endRun();
    const need = needOf(element);
    if (need !== undefined) needs.push(need);
  }
  endRun();
  return needs.toSorted((a, b) => leastOf(b) - leastOf(a) || a.length - b.length)[0];
}

/** The elements of a group with one alternative, in its place. */
const plainly = (element: AST.Element): readonly AST.Element[] =>
  (element.type === 'Group' || element.type === 'CapturingGroup') && element.alternatives.length === 1
    ? element.alternatives.flatMap(({ elements }) => elements.flatMap(plainly))
    : [element];

function needOf(element: AST.Element): readonly string[] | undefined {
  switch (element.type) {
    case 'Group':
    case 'CapturingGroup':
      return anyOf(element.alternatives);
    case 'Assertion':
      return element.kind === 'lookahead' && !element.negate ? anyOf(element.alternatives) : undefined;
    case 'Quantifier':
      return element.min === 0 ? undefined : needOf(element.element);
    default:
      return undefined;
  }
}
