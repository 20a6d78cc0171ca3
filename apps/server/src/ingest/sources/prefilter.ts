import { RegExpParser, type AST } from '@eslint-community/regexpp';

/** What a text must have that a regular expression is to match: cheap to ask, and never wrong where it says no. */
export interface Prefilter {
  /** For each first code of a text (see `firstOf`), whether a match is possible; undefined: any. */
  readonly first: Uint8Array | undefined;
  /** One of these is in every text that matches; undefined: nothing is known. */
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

/** Most texts of which one must be there. More take longer to look for than the expression. */
const literalsMax = 8;

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

const shortest = (literals: readonly string[]): number => Math.min(...literals.map((text) => text.length));

/** Of all that a sequence needs, the texts of which the shortest is longest. */
function bestOf(elements: readonly AST.Element[]): readonly string[] | undefined {
  const needs: (readonly string[])[] = [];
  let run = '';
  const endRun = (): void => {
    if (run !== '') needs.push([run]);
    run = '';
  };
  for (const element of elements) {
    if (element.type === 'Character') {
      run += String.fromCodePoint(element.value);
      continue;
    }
    // What has no width does not part the characters around it.
    if (element.type !== 'Assertion') endRun();
    const need = needOf(element);
    if (need !== undefined) needs.push(need);
  }
  endRun();
  return needs.toSorted((a, b) => shortest(b) - shortest(a) || a.length - b.length)[0];
}

function needOf(element: AST.Element): readonly string[] | undefined {
  switch (element.type) {
    case 'Group':
    case 'CapturingGroup':
      return anyOf(element.alternatives);
    case 'Assertion':
      return element.kind === 'lookahead' && !element.negate ? anyOf(element.alternatives) : undefined;
    case 'Quantifier':
      if (element.min === 0) return undefined;
      return element.element.type === 'Character'
        ? [String.fromCodePoint(element.element.value)]
        : needOf(element.element);
    default:
      return undefined;
  }
}
