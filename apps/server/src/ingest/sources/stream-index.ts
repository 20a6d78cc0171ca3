import { Literals } from './literals.ts';
import type { SourceStream } from './load.ts';
import { firstCodes, firstOf, prefilterOf, type Prefilter } from './prefilter.ts';
import { lineLengthMax, takes, type SampleRecord } from './recognise.ts';
import type { StreamRecogniser } from './schema.ts';

/** A recogniser of a line. */
interface LineTest {
  /** Of the candidate whose stream it is, in their order. */
  readonly candidate: number;
  readonly recogniser: StreamRecogniser;
}

interface ObjectTest {
  readonly candidate: number;
  readonly recogniser: StreamRecogniser;
}

/** Shorter texts are in most lines. */
const literalLengthMin = 2;
const nothing: Prefilter = { first: undefined, literals: undefined };

/**
 * Finds the first of many streams that one record looks like, as asking `fits` of each in turn does, but asks few of them: those whose expression can match
 * a text with this first character and these texts inside, or whose paths begin with a name that the object has.
 */
export class StreamIndex<T extends { readonly stream: SourceStream }> {
  readonly #candidates: readonly T[];
  /** In the order of candidates. */
  readonly #lineTests: readonly LineTest[];
  /** By the line's first character, which of them may match. */
  readonly #byFirst: readonly Bits[];
  /** Those that are asked whatever texts are in the line. */
  readonly #always: Bits;
  /** By the number of a text, those that are asked when it is there. */
  readonly #byLiteral: readonly (readonly number[])[];
  /** Of the line that is asked about. */
  readonly #asked: Bits;
  readonly #literals: Literals;
  /** By a name that the object must have, in the order of candidates. */
  readonly #byName: ReadonlyMap<string, readonly ObjectTest[]>;

  constructor(candidates: readonly T[]) {
    this.#candidates = candidates;
    const lineTests: (LineTest & { readonly prefilter: Prefilter })[] = [];
    const objects: ObjectTest[] = [];
    candidates.forEach(({ stream }, candidate) => {
      for (const recogniser of stream.recognise) {
        const { line } = recogniser;
        if (line === undefined) objects.push({ candidate, recogniser });
        // Expressions of a person's own source come without their text: nothing is known of them.
        else lineTests.push({ candidate, recogniser, prefilter: line instanceof RegExp ? prefilterOf(line) : nothing });
      }
    });
    const words = Math.ceil(lineTests.length / wordBits);
    const byFirst = Array.from({ length: firstCodes }, () => new Uint32Array(words));
    const byLiteral = new Map<string, number[]>();
    this.#always = new Uint32Array(words);
    lineTests.forEach(({ prefilter: { first, literals = [''] } }, test) => {
      byFirst.forEach((bits, code) => {
        if (first === undefined || first[code] === 1) setBit(bits, test);
      });
      if (literals.some((text) => text.length < literalLengthMin)) setBit(this.#always, test);
      else for (const text of literals) byLiteral.set(text, [...(byLiteral.get(text) ?? []), test]);
    });
    this.#lineTests = lineTests;
    this.#byFirst = byFirst;
    this.#byLiteral = [...byLiteral.values()];
    this.#asked = new Uint32Array(words);
    this.#literals = new Literals([...byLiteral.keys()]);
    this.#byName = byRarestName(objects);
  }

  /** The first candidate whose stream takes the record; streams of objects take objects only. Undefined when there is none. */
  find(record: SampleRecord): T | undefined {
    const line = this.#ofLine(record);
    const found = record.object === undefined ? line : Math.min(line, this.#ofObject(record, record.object, line));
    return this.#candidates[found];
  }

  #ofLine(record: SampleRecord): number {
    const { text, object } = record;
    const asked = this.#asked;
    asked.set(this.#always);
    this.#literals.scan(text, lineLengthMax, this.#isThere);
    const first = this.#byFirst[firstOf(text)];
    for (let word = 0; word < asked.length; word++)
      for (let bits = (asked[word] ?? 0) & (first?.[word] ?? 0); bits !== 0; bits &= bits - 1) {
        const test = this.#lineTests[word * wordBits + trailingZeros(bits)];
        if (test === undefined) continue;
        const { candidate, recogniser } = test;
        if (object === undefined && this.#candidates[candidate]?.stream.format !== 'lines') continue;
        if (takes(recogniser, record)) return candidate;
      }
    return this.#candidates.length;
  }

  readonly #isThere = (literal: number): void => {
    for (const test of this.#byLiteral[literal] ?? []) setBit(this.#asked, test);
  };

  #ofObject(record: SampleRecord, object: Readonly<Record<string, unknown>>, before: number): number {
    let best = before;
    for (const name in object)
      for (const { candidate, recogniser } of this.#byName.get(name) ?? []) {
        if (candidate >= best) break;
        if (takes(recogniser, record)) best = candidate;
      }
    return best;
  }
}

/** A bit for each test of a line, in their order. */
type Bits = Uint32Array;
const wordBits = 32;
function setBit(bits: Bits, at: number): void {
  const word = Math.floor(at / wordBits);
  bits[word] = (bits[word] ?? 0) | (1 << (at % wordBits));
}
const trailingZeros = (bits: number): number => wordBits - 1 - Math.clz32(bits & -bits);

/** Each test under the names that its rarest path may begin with: the whole of it, since names may hold dots, and its first part. */
function byRarestName(tests: readonly ObjectTest[]): Map<string, ObjectTest[]> {
  const namesOf = (path: string): readonly string[] => [...new Set([path, path.replace(/\..*$/s, '')])];
  const counts = new Map<string, number>();
  for (const { recogniser } of tests)
    for (const path of recogniser.json ?? [])
      for (const name of namesOf(path)) counts.set(name, (counts.get(name) ?? 0) + 1);
  const countOf = (path: string): number => namesOf(path).reduce((sum, name) => sum + (counts.get(name) ?? 0), 0);
  const byName = new Map<string, ObjectTest[]>();
  for (const test of tests) {
    const [rarest = ''] = (test.recogniser.json ?? []).toSorted((a, b) => countOf(a) - countOf(b));
    for (const name of namesOf(rarest)) {
      const own = byName.get(name);
      if (own === undefined) byName.set(name, [test]);
      else own.push(test);
    }
  }
  return byName;
}
