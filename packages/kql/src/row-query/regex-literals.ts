/**
 * Texts that whatever a regular expression of RE2 finds must have: groups of which one text each. Letters of any case; printable ASCII, two characters at
 * least. Empty where none is known: what is not understood here says nothing. https://github.com/google/re2/wiki/Syntax
 */
export function regexLiterals(pattern: string): readonly (readonly string[])[] {
  // Blanks and comments would have another meaning, and a case that is folded beyond ASCII is not followed here.
  if (/\(\?[a-zA-Z-]*[xU]|\\Q/.test(pattern)) return [];
  const reader = new Reader(pattern);
  const needs = reader.alternatives();
  if (reader.failed || !reader.atEnd) return [];
  return needs.filter((texts) => texts.length <= textsMax && texts.every((one) => one.length >= shortestText));
}

const shortestText = 2;
const textsMax = 64;
const depthMax = 50;

/** One character; or something else, with what it needs; or an edge, which has no width. */
type Item = string | { readonly needs: Needs } | typeof edge;
const edge = Symbol('edge');
type Needs = readonly (readonly string[])[];

class Reader {
  failed = false;
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }
  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  /** `a|b`: one of the best of each. */
  alternatives(): Needs {
    if (++this.#depth > depthMax) this.failed = true;
    const all = [this.#sequence()];
    while (!this.failed && this.#text[this.#at] === '|') {
      this.#at++;
      all.push(this.#sequence());
    }
    this.#depth--;
    const [only] = all;
    if (all.length === 1 && only) return only;
    const best = all.map((needs) => bestOf(needs));
    return best.every((one) => one !== undefined) ? [[...new Set(best.flat())]] : [];
  }

  #sequence(): Needs {
    const needs: (readonly string[])[] = [];
    let run = '';
    const endRun = (): void => {
      if (run !== '') needs.push([run]);
      run = '';
    };
    while (!this.failed && !this.atEnd && !'|)'.includes(this.#text[this.#at]!)) {
      const item = this.#item();
      const [least, most] = this.#quantifier();
      if (item === edge) continue;
      if (typeof item === 'string') {
        if (least === 0) endRun();
        else {
          run += item;
          if (least !== 1 || most !== 1) endRun();
        }
        continue;
      }
      endRun();
      if (least > 0) needs.push(...item.needs);
    }
    endRun();
    return needs;
  }

  #item(): Item {
    const char = this.#text[this.#at++]!;
    if (char === '^' || char === '$') return edge;
    if (char === '.') return { needs: [] };
    if (char === '[') return this.#class();
    if (char === '(') return this.#group();
    if (char === '\\') return this.#escape();
    return /[\x20-\x7e]/.test(char) ? char : { needs: [] };
  }

  #escape(): Item {
    const char = this.#text[this.#at++];
    if (char === undefined) this.failed = true;
    else if (/[^\w\s]/.test(char)) return char;
    else if (/[bBAz]/.test(char)) return edge;
    else if (/[xuUpP]/.test(char)) {
      const digits = { x: /[0-9A-Fa-f]{2}/y, u: /[0-9A-Fa-f]{4}/y, U: /[0-9A-Fa-f]{8}/y }[char];
      if (!this.#skip(/\{[^}]*\}/y) && !this.#skip(digits ?? /[A-Za-z]/y)) this.failed = true;
    } else if (/[0-9QEC]/.test(char)) this.failed = true;
    return { needs: [] };
  }

  #class(): { readonly needs: Needs } {
    if (!this.#skip(/\^?\]?(?:\[:\^?[a-z]+:\]|\\[\s\S]|[^\]\\])*\]/y)) this.failed = true;
    return { needs: [] };
  }

  #group(): Item {
    if (this.#skip(/\?[a-zA-Z-]+\)/y)) return edge;
    if (this.#text[this.#at] === '?' && !this.#skip(/\?(?:[a-zA-Z-]*:|P?<\w+>)/y)) this.failed = true;
    const needs = this.alternatives();
    if (this.#text[this.#at++] !== ')') this.failed = true;
    return { needs };
  }

  #quantifier(): readonly [number, number] {
    const at = this.#at;
    if (!this.#skip(/(?:[*+?]|\{\d+(?:,\d*)?\})\??/y)) return [1, 1];
    const text = this.#text.slice(at, this.#at);
    if (text.startsWith('+')) return [1, Infinity];
    if (!text.startsWith('{')) return [0, Infinity];
    const least = Number.parseInt(text.slice(1), 10);
    return [least, least === 1 && text.startsWith('{1}') ? 1 : Infinity];
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (!found) return false;
    this.#at = pattern.lastIndex;
    return true;
  }
}

const shortest = (texts: readonly string[]): number => Math.min(...texts.map((one) => one.length));
/** Of all that a sequence needs, the texts of which the shortest is longest. */
const bestOf = (needs: Needs): readonly string[] | undefined =>
  needs.toSorted((a, b) => shortest(b) - shortest(a) || a.length - b.length)[0];
