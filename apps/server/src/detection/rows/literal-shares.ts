import type { Literal } from '@sallyport/kql';
import { patternOf } from './pattern.ts';

/** Literals of a source that are remembered. */
const sharesMax = 200_000;

/** How often literals are in a row of a source, 0 to 1, of those that were looked for. */
export class LiteralShares {
  readonly #shares = new Map<string, number>();

  of(subject: string, pattern: string): number | undefined {
    return this.#shares.get(`${subject}\0${pattern}`);
  }

  note(subject: string, pattern: string, share: number): void {
    this.#shares.set(`${subject}\0${pattern}`, share);
    if (this.#shares.size > sharesMax) this.#shares.delete(this.#shares.keys().next().value!);
  }

  /** Those of the literals of which that is not known. */
  unknown(literals: readonly Literal[]): Literal[] {
    return literals.filter((literal) => this.of(literal.subject, patternOf(literal)) === undefined);
  }
}
