/** Characters of ASCII, and one code for all others: a text with another character of those may be found too. */
const codes = 129;
const otherCode = 128;

/**
 * Which of many texts are in a line, in one pass over it (Aho and Corasick, 1975): what costs hundreds of `includes` costs one look at each character.
 * May say of a text with characters outside of ASCII that it is there when it is not; never the reverse.
 */
export class Literals {
  /** For each state and code the next state. */
  readonly #next: Int32Array;
  /** Texts that end in a state, by their number. */
  readonly #ends: readonly (readonly number[])[];
  /** In which scan each text was last seen. */
  readonly #seen: Uint32Array;
  #scans = 0;

  constructor(literals: readonly string[]) {
    const states = literals.reduce((sum, text) => sum + text.length, 1);
    const next = new Int32Array(states * codes);
    const ends: number[][] = [[]];
    literals.forEach((text, number) => {
      let state = 0;
      for (let i = 0; i < text.length; i++) {
        const at = state * codes + codeOf(text, i);
        if (next[at] === 0) next[at] = ends.push([]) - 1;
        state = next[at] ?? 0;
      }
      ends[state]?.push(number);
    });
    link(next, ends);
    this.#next = next;
    this.#ends = ends;
    this.#seen = new Uint32Array(literals.length);
  }

  /** Looks at the first `length` characters of a text; `has` then answers for them. */
  scan(text: string, length: number): void {
    const [next, ends, seen, end] = [this.#next, this.#ends, this.#seen, Math.min(text.length, length)];
    this.#scans = (this.#scans + 1) >>> 0;
    if (this.#scans === 0) {
      seen.fill(0);
      this.#scans = 1;
    }
    let state = 0;
    for (let i = 0; i < end; i++) {
      state = next[state * codes + codeOf(text, i)] ?? 0;
      const found = ends[state];
      if (found !== undefined && found.length > 0) for (const number of found) seen[number] = this.#scans;
    }
  }

  /** Whether the text of this number was in what was scanned last. */
  has(number: number): boolean {
    return this.#seen[number] === this.#scans;
  }
}

function codeOf(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code < otherCode ? code : otherCode;
}

/** Makes of the tree of all texts a machine that never goes back: where no text goes on, it is in the longest end that begins another. */
function link(next: Int32Array, ends: number[][]): void {
  const back = new Int32Array(ends.length);
  const queue: number[] = [];
  for (let code = 0; code < codes; code++) {
    const state = next[code] ?? 0;
    if (state !== 0) queue.push(state);
  }
  for (const state of queue) {
    const shorter = back[state] ?? 0;
    ends[state]?.push(...(ends[shorter] ?? []));
    for (let code = 0; code < codes; code++) {
      const at = state * codes + code;
      const child = next[at] ?? 0;
      const other = next[shorter * codes + code] ?? 0;
      if (child === 0) next[at] = other;
      else {
        back[child] = other;
        queue.push(child);
      }
    }
  }
}
