import { Literals } from './literals.ts';
import type { SourceStream } from './load.ts';
import { firstCodes, firstOf, prefilterOf } from './prefilter.ts';
import { lineLengthMax, takes, type SampleRecord } from './recognise.ts';
import type { StreamRecogniser } from './schema.ts';

/** A recogniser of a line, with what is asked before it. */
interface LineTest {
  /** Of the candidate whose stream it is, in their order. */
  readonly candidate: number;
  /** Numbers of texts of which one must be there; none: nothing is known. */
  readonly literals: readonly number[];
  readonly recogniser: StreamRecogniser;
}

interface ObjectTest {
  readonly candidate: number;
  readonly recogniser: StreamRecogniser;
}

/** Shorter texts are in most lines. */
const literalLengthMin = 2;

/**
 * Finds the first of many streams that one record looks like, as asking `fits` of each in turn does, but asks few of them: those whose expression can match
 * a text with this first character and these texts inside, or whose paths begin with a name that the object has.
 */
export class StreamIndex<T extends { readonly stream: SourceStream }> {
  readonly #candidates: readonly T[];
  /** By the line's first character, in the order of candidates. */
  readonly #byFirst: readonly (readonly LineTest[])[];
  readonly #literals: Literals;
  /** By a name that the object must have, in the order of candidates. */
  readonly #byName: ReadonlyMap<string, readonly ObjectTest[]>;

  constructor(candidates: readonly T[]) {
    this.#candidates = candidates;
    const numbers = new Map<string, number>();
    const byFirst: LineTest[][] = Array.from({ length: firstCodes }, () => []);
    const objects: ObjectTest[] = [];
    candidates.forEach(({ stream }, candidate) => {
      for (const recogniser of stream.recognise) {
        const { line } = recogniser;
        if (line === undefined) {
          objects.push({ candidate, recogniser });
          continue;
        }
        // Expressions of a person's own source come without their text: nothing is known of them.
        const { first, literals = [] } =
          line instanceof RegExp ? prefilterOf(line) : { first: undefined, literals: undefined };
        const needed = literals.every((text) => text.length >= literalLengthMin) ? literals : [];
        const numbersOf = needed.map((text) => {
          const number = numbers.get(text) ?? numbers.size;
          numbers.set(text, number);
          return number;
        });
        byFirst.forEach((tests, code) => {
          if (first === undefined || first[code] === 1) tests.push({ candidate, literals: numbersOf, recogniser });
        });
      }
    });
    this.#byFirst = byFirst;
    this.#literals = new Literals([...numbers.keys()]);
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
    const tests = this.#byFirst[firstOf(text)] ?? [];
    this.#literals.scan(text, lineLengthMax);
    for (const { candidate, literals, recogniser } of tests) {
      if (literals.length > 0 && !literals.some((number) => this.#literals.has(number))) continue;
      if (object === undefined && this.#candidates[candidate]?.stream.format !== 'lines') continue;
      if (takes(recogniser, record)) return candidate;
    }
    return this.#candidates.length;
  }

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
