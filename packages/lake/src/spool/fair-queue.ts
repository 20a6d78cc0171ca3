/** Items in queues by key: `take` goes round the keys, so that a full queue never holds up the others. */
export class FairQueue<T> {
  readonly #queues = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Whether anything waits under `key`. */
  has(key: string): boolean {
    return this.#queues.has(key);
  }

  push(key: string, item: T): void {
    const queue = this.#queues.get(key);
    if (queue) queue.push(item);
    else this.#queues.set(key, [item]);
    this.#size++;
  }

  /** The next key's first item that `ready` accepts. A key goes to the end of the round once it was served. */
  take(ready: (item: T) => boolean): T | undefined {
    for (const [key, queue] of this.#queues) {
      const index = queue.findIndex(ready);
      if (index < 0) continue;
      const [item] = queue.splice(index, 1);
      this.#queues.delete(key);
      if (queue.length > 0) this.#queues.set(key, queue);
      this.#size--;
      return item;
    }
    return undefined;
  }

  *[Symbol.iterator](): Generator<T> {
    for (const queue of this.#queues.values()) yield* queue;
  }
}
