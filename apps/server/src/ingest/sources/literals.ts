/** Characters beyond ASCII are one. */
const asciiCodes = 128;
const zero = 0x30;
const isDigit = (code: number): boolean => code >= zero && code <= 0x39;

/**
 * Which of many texts are in a line, in one pass over it (Aho and Corasick, 1975): what costs hundreds of `includes` costs one look at each character.
 * All digits are the same to it, and all characters outside of ASCII: it may say of a text with some that it is there when it is not; never the reverse.
 */
export class Literals {
  /** The column of each character of ASCII, and of all others; 0: in none of the texts. */
  readonly #columnOf = new Uint8Array(asciiCodes + 1);
  readonly #columns: number;
  /** For each state and column the next state. */
  readonly #next: Int32Array;
  /** Texts that end in a state, by their number. */
  readonly #ends: readonly (readonly number[])[];
  readonly #isEnd: Uint8Array;

  constructor(literals: readonly string[]) {
    let columns = 1;
    const codesOf = literals.map((text) => Array.from({ length: text.length }, (_, at) => codeOf(text, at)));
    for (const code of codesOf.flat()) if (this.#columnOf[code] === 0) this.#columnOf[code] = columns++;
    for (let digit = zero; isDigit(digit); digit++) this.#columnOf[digit] = this.#columnOf[zero] ?? 0;
    this.#columns = columns;
    const next = new Int32Array((codesOf.flat().length + 1) * columns);
    const ends: number[][] = [[]];
    codesOf.forEach((codes, number) => {
      let state = 0;
      for (const code of codes) {
        const at = state * columns + (this.#columnOf[code] ?? 0);
        if (next[at] === 0) next[at] = ends.push([]) - 1;
        state = next[at] ?? 0;
      }
      ends[state]?.push(number);
    });
    link(next, ends, columns);
    this.#next = next;
    this.#ends = ends;
    this.#isEnd = Uint8Array.from(ends, ({ length }) => Number(length > 0));
  }

  /** Tells the number of each text in the first `length` characters of another, some more than once. */
  scan(text: string, length: number, found: (number: number) => void): void {
    const [next, columnOf, columns, isEnd, end] = [
      this.#next,
      this.#columnOf,
      this.#columns,
      this.#isEnd,
      Math.min(text.length, length),
    ];
    let state = 0;
    for (let at = 0; at < end; at++) {
      const code = text.charCodeAt(at);
      state = next[state * columns + (columnOf[code < asciiCodes ? code : asciiCodes] ?? 0)] ?? 0;
      if (isEnd[state] === 1) for (const number of this.#ends[state] ?? []) found(number);
    }
  }
}

function codeOf(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= asciiCodes ? asciiCodes : isDigit(code) ? zero : code;
}

/** Makes of the tree of all texts a machine that never goes back: where no text goes on, it is in the longest end that begins another. */
function link(next: Int32Array, ends: number[][], columns: number): void {
  const back = new Int32Array(ends.length);
  const queue: number[] = [];
  for (let column = 0; column < columns; column++) {
    const state = next[column] ?? 0;
    if (state !== 0) queue.push(state);
  }
  for (const state of queue) {
    const shorter = back[state] ?? 0;
    ends[state]?.push(...(ends[shorter] ?? []));
    for (let column = 0; column < columns; column++) {
      const at = state * columns + column;
      const child = next[at] ?? 0;
      const other = next[shorter * columns + column] ?? 0;
      if (child === 0) next[at] = other;
      else {
        back[child] = other;
        queue.push(child);
      }
    }
  }
}
