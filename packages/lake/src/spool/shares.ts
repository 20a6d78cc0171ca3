/** How many times what is left free one may hold: alone at most three quarters of the whole, two together six sevenths. */
const timesFree = 3;

/** The largest share of the whole that one can hold, when there is no other. */
export const soleShare = timesFree / (1 + timesFree);

/**
 * Who holds how much of a bounded store. The bound of each moves with what is left (dynamic thresholds of Choudhury and Hahne, as in switches' buffers):
 * however many flood it, some is free, so that whoever holds little is taken at once.
 */
export class Shares {
  readonly #total: number;
  readonly #held = new Map<string, number>();
  #used = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /** All that is held. */
  get used(): number {
    return this.#used;
  }

  /** Whether each of `keys`, who all stand for the same `size`, may hold so much more. */
  takes(keys: readonly string[], size: number): boolean {
    const left = this.#total - this.#used - size;
    return left >= 0 && keys.every((key) => (this.#held.get(key) ?? 0) + size <= timesFree * left);
  }

  /** Counts `size` once for the whole and for each of `keys`. */
  add(keys: readonly string[], size: number): void {
    this.#used += size;
    for (const key of keys) this.#held.set(key, (this.#held.get(key) ?? 0) + size);
  }

  /** Takes back what `add` counted. */
  release(keys: readonly string[], size: number): void {
    this.#used -= size;
    for (const key of keys) this.releaseShare(key, size);
  }

  /** The same of one key alone, for a size whose whole is taken back apart. */
  releaseShare(key: string, size: number): void {
    const left = (this.#held.get(key) ?? 0) - size;
    if (left > 0) this.#held.set(key, left);
    else this.#held.delete(key);
  }
}
